// The store: content-addressed artefacts and a SQLite ledger (WAL) of answers, verdicts, runs and tags. One
// process owns a store at a time. Anything committed survives kill -9; anything else is cleaned up by the
// next open.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/nouns.h"

namespace undertone {

struct Artefact {
  std::string key;     // stage key: hash of everything the output depends on
  std::string stage;   // "features", "train", ... for people
  std::string path;    // absolute folder that holds its files
  std::string digest;  // SHA-256 of the output (sha256_folder)
  std::int64_t bytes = 0;
  Json about;  // what the key was made of: settings, input keys, code version; and facts of the making
               // (seconds, steps)
};

// An item's key is its content (rendered prompt, audio, system's stage key, decoding settings, replicate).
struct AnswerRow {
  std::string key;        // item key; unique
  std::string stage_key;  // key of the answering stage
  std::string question;   // Question::id
  int replicate = 0;
  Answer answer;
  Json about;  // model echoed, fingerprint, ...
};

struct VerdictRow {
  std::string key;    // item key: judge identity, question, reference, answer text, replicate
  std::string judge;  // Judge::identity()
  std::string question;
  int replicate = 0;
  Verdict verdict;
  Json about;
};

struct RunRow {
  std::string id;       // identity: hash of the resolved suite
  std::string suite;    // name
  std::string folder;   // where the report lies
  std::string state;    // "started", "done", "failed", "interrupted"
  std::string created;  // ISO 8601, UTC
  Json about;
  std::vector<std::string> tags;
};

// One comparison of `undertone nightly`. Rows are only ever added.
struct NightRow {
  std::int64_t night = 0;  // counts up; given by the store
  std::string suite, run;  // name; identity of the night's run
  std::string ended;       // ISO 8601, UTC
  std::string baseline;    // identity of the run that it was compared with
  Json result = Json::object();
};

class Store {
 public:
  enum class Mode { read, write };
  // Creates the folder in write mode. A second writer, a read-only place, or a schema newer than this program
  // is Error{store} naming the folder, the other process where known, and the mend. Older schemas are
  // migrated.
  static Store open(const std::string& folder, Mode mode);
  Store(Store&&) noexcept;
  ~Store();
  const std::string& folder() const;

  // ---- artefacts
  std::optional<Artefact> find(std::string_view key) const;
  // A fresh temporary folder inside the store; the caller fills it, then commits it under the key. Commit is
  // atomic: files are flushed, the folder is renamed into objects/, then the ledger row is written.
  // Committing a key that is there already with another digest is Error{store}: the stage's code version must
  // be bumped, or the stage is not deterministic.
  std::string begin_artefact(std::string_view key);
  Artefact commit_artefact(const std::string& temporary_folder, std::string_view key, std::string_view stage,
                           const Json& about);
  void discard_artefact(const std::string& temporary_folder) noexcept;

  // ---- ledger. Each put is one committed transaction; put_all commits many at once. A key that is there
  // already is left as it is when equal and Error{store} when it differs. Returns how many were new.
  std::int64_t put_answers(const std::vector<AnswerRow>& rows);
  std::optional<AnswerRow> answer(std::string_view key) const;
  std::vector<AnswerRow> answers(std::string_view stage_key) const;  // ordered by question, replicate
  std::int64_t put_verdicts(const std::vector<VerdictRow>& rows);
  std::optional<VerdictRow> verdict(std::string_view key) const;
  // Those of the keys that are there, by key: one query for all.
  std::map<std::string, VerdictRow> verdicts(const std::vector<std::string>& keys) const;
  std::int64_t count_answers() const;
  std::int64_t count_answers(std::string_view stage_key) const;  // of one answering stage
  std::int64_t count_verdicts() const;
  // How many of the keys have a verdict; a key that stands several times counts each time.
  std::int64_t count_verdicts(const std::vector<std::string>& keys) const;

  // ---- runs and tags
  void put_run(const RunRow& run);  // replaces the row of the same id
  std::vector<RunRow> runs() const;
  std::optional<RunRow> find_run(
      std::string_view folder_tag_or_prefix) const;  // ambiguous prefix: Error{usage} listing them
  void tag(std::string_view run_id, std::string_view tag);
  void remove_run(std::string_view run_id);
  void note_use(std::string_view run_id, std::string_view artefact_key);  // what gc keeps
  // Of several at once, in one transaction. A run notes all that it will make before it makes it, so that gc
  // leaves an unfinished run what it would resume from.
  void note_uses(std::string_view run_id, const std::vector<std::string>& artefact_keys);

  // ---- nights
  void put_night(const NightRow& night);
  std::vector<NightRow> nights(std::string_view suite) const;  // the oldest first

  // ---- upkeep
  struct Usage {
    std::string stage;
    std::int64_t artefacts = 0, bytes = 0;
  };
  // By stage; then "(ledger)", "(temporary)" and "(unfinished)": work folders of stages that did not end.
  std::vector<Usage> du() const;
  struct Collected {
    std::int64_t artefacts = 0, work_folders = 0, bytes = 0;
  };
  // Removes artefacts that no run uses, work folders of stages that no run uses, and left-over temporary
  // folders.
  Collected gc(bool dry_run);
  std::vector<std::string> verify()
      const;  // one line per artefact whose files are missing or differ; empty: sound

 private:
  struct State;
  explicit Store(std::unique_ptr<State>);
  std::unique_ptr<State> state_;
};

}  // namespace undertone
