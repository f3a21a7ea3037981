// Random sequences of puts, commits, gc, reopening and refused puts: the store equals plain maps at every
// step.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <optional>
#include <set>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/hash.h"
#include "harness/core/random.h"
#include "harness/store/store.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {

constexpr int kKeys = 12, kValues = 3;  // few, so that sequences meet the same key often

std::string key(std::uint64_t i) { return sha256_hex(fmt::format("item {}", i)); }

struct Model {
  std::map<std::string, std::string> answers, verdicts, artefacts;  // key -> text
  std::set<std::string> used;
};

AnswerRow answer(std::uint64_t k, std::uint64_t v) {
  return {key(k),
          "stage",
          fmt::format("q{}", k),
          0,
          {AnswerStatus::answered, fmt::format("v{}", v), "stop", 1, ""},
          Json()};
}
VerdictRow verdict(std::uint64_t k, std::uint64_t v) {
  return {key(k),
          "judge",
          fmt::format("q{}", k),
          0,
          v == 0 ? Verdict(ParseFailure{"v0"}) : Verdict(Scored{double(v), "", {}}),
          Json()};
}

// Applies a batch to the map as one transaction; false where one of its rows contradicts what is there.
bool apply_batch(std::map<std::string, std::string>& to,
                 const std::vector<std::pair<std::string, std::string>>& batch) {
  auto next = to;
  for (const auto& [k, v] : batch)
    if (const auto [at, added] = next.emplace(k, v); !added && at->second != v) return false;
  to = next;
  return true;
}

void expect_equal(const Store& store, const Model& model) {
  ASSERT_EQ(store.count_answers(), static_cast<std::int64_t>(model.answers.size()));
  ASSERT_EQ(store.count_verdicts(), static_cast<std::int64_t>(model.verdicts.size()));
  ASSERT_EQ(store.answers("stage").size(), model.answers.size());
  for (std::uint64_t k = 0; k < kKeys; ++k) {
    const auto a = store.answer(key(k));
    ASSERT_EQ(a.has_value(), model.answers.contains(key(k)));
    if (a) {
      ASSERT_EQ(a->answer.text, model.answers.at(key(k)));
    }
    const auto v = store.verdict(key(k));
    ASSERT_EQ(v.has_value(), model.verdicts.contains(key(k)));
    if (v) {
      ASSERT_EQ(to_json(v->verdict).canonical(), model.verdicts.at(key(k)));
    }
    const auto o = store.find(key(k));
    ASSERT_EQ(o.has_value(), model.artefacts.contains(key(k)));
    if (o) {
      ASSERT_EQ(read_file(o->path + "/f"), model.artefacts.at(key(k)));
    }
  }
}

class StoreModel : public ::testing::TestWithParam<int> {};

TEST_P(StoreModel, RandomSequencesEqualMaps) {
  Stream random("tests/store/model", static_cast<std::uint64_t>(GetParam()));
  const TemporaryFolder folder;
  std::optional<Store> store = Store::open(folder.path(), Store::Mode::write);
  store->put_run({"run", "s", "/r", "started", "t", Json(), {}});
  Model model;
  int refused = 0;
  const auto attempt = [&](bool allowed, const auto& f) {
    try {
      f();
      ASSERT_TRUE(allowed);
    } catch (const Error& e) {
      ASSERT_FALSE(allowed) << e.what();
      ASSERT_EQ(e.kind(), ErrorKind::store);
      ++refused;
    }
  };
  for (int step = 0; step < 150; ++step) {
    const std::uint64_t what = random.below(12);
    if (what < 4) {
      std::vector<AnswerRow> rows;
      std::vector<std::pair<std::string, std::string>> batch;
      for (std::uint64_t n = random.below(3); n < 3; ++n) {
        rows.push_back(answer(random.below(kKeys), random.below(20) == 0 ? 1 + random.below(kValues) : 0));
        batch.emplace_back(rows.back().key, rows.back().answer.text);
      }
      const bool allowed = apply_batch(model.answers, batch);
      attempt(allowed, [&] { store->put_answers(rows); });
    } else if (what < 7) {
      const VerdictRow row = verdict(random.below(kKeys), random.below(kValues));
      const bool allowed = apply_batch(model.verdicts, {{row.key, to_json(row.verdict).canonical()}});
      attempt(allowed, [&] { store->put_verdicts({row}); });
    } else if (what < 10) {
      const std::string k = key(random.below(kKeys)), text = fmt::format("v{}", random.below(kValues));
      const std::string place = store->begin_artefact(k);
      write_file_atomically(place + "/f", text);
      if (random.below(4) == 0) {
        store->discard_artefact(place);
      } else {
        const bool allowed = apply_batch(model.artefacts, {{k, text}});
        attempt(allowed, [&] { store->commit_artefact(place, k, "s", Json()); });
        if (allowed && random.below(2) == 0) {
          store->note_use("run", k);
          model.used.insert(k);
        }
      }
    } else if (what == 10) {
      std::erase_if(model.artefacts, [&](const auto& a) { return !model.used.contains(a.first); });
      store->gc(false);
    } else {
      store.reset();
      store.emplace(Store::open(folder.path(), Store::Mode::write));
    }
    ASSERT_NO_FATAL_FAILURE(expect_equal(*store, model)) << "after step " << step << " of kind " << what;
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(refused, 0) << "the sequence never met a contradiction";
  EXPECT_TRUE(store->verify().empty());
}

INSTANTIATE_TEST_SUITE_P(Seeds, StoreModel, ::testing::Range(0, 8));

}  // namespace
}  // namespace undertone::test
