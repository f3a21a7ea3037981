#include "harness/core/files.h"
#include "harness/store/state.h"

namespace undertone {

void Store::put_night(const NightRow& night) {
  state_->need_writing("cannot record a night");
  state_->with("cannot record a night", [&](SQLite::Database& db) {
    SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement put(db,
                          "INSERT INTO nights (suite, run, ended, baseline, result) VALUES (?, ?, ?, ?, ?)");
    put.bind(1, night.suite);
    put.bind(2, night.run);
    put.bind(3, night.ended);
    put.bind(4, night.baseline);
    put.bind(5, night.result.canonical());
    put.exec();
    crash_point("ledger:nights:before-commit");
    transaction.commit();
    crash_point("ledger:nights:committed");
  });
}

std::vector<NightRow> Store::nights(std::string_view suite) const {
  return state_->with("cannot read the nights", [&](SQLite::Database& db) -> std::vector<NightRow> {
    if (!db.tableExists("nights")) return {};  // an older ledger that is only read
    SQLite::Statement query(
        db, "SELECT night, suite, run, ended, baseline, result FROM nights WHERE suite = ? ORDER BY night");
    query.bind(1, std::string(suite));
    std::vector<NightRow> out;
    while (query.executeStep())
      out.push_back({query.getColumn(0).getInt64(), query.getColumn(1).getString(),
                     query.getColumn(2).getString(), query.getColumn(3).getString(),
                     query.getColumn(4).getString(), state_->parse(query.getColumn(5).getString())});
    return out;
  });
}

}  // namespace undertone
