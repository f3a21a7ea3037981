// Frozen anchors: questions, answers and what a judge said of them when it was first asked. A suite that
// names a file of them has its judges asked again before they judge, so that a judge that moved is seen to
// have.
//
// One line a judge and answer:
//   {"judge": NAME, "identity": Judge::identity(), "question": {...}, "clip": {...} | null, "answer": TEXT,
//    "verdicts": [{...}, ...][, "audio": {"path": PATH, "sha256": DIGEST}]}
// question, clip and verdicts as harness/core/nouns.h writes them; verdicts as first obtained, replicate by
// replicate. A judge that listens has the recording beside the file: PATH is relative to its folder.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "judges/judge.h"

namespace undertone {

struct Anchor {
  std::string judge, identity;
  Question question;
  std::optional<Clip> clip;
  std::string answer;
  std::vector<Verdict> verdicts;
  std::string audio = {}, audio_sha256 = {};  // what was heard; "" where the judge reads only
  Place place = {};                           // for messages

  const Clip* clip_or_null() const { return clip ? &*clip : nullptr; }
};

struct Anchors {
  std::string path, digest;  // SHA-256 of the file
  std::vector<Anchor> items;
  std::string recording(const Anchor& anchor) const;  // path of what was heard; "" without
};

// With fewer anchors scored, a judge that moved cannot be told from one that did not (judge_drift()).
inline constexpr std::int64_t kFewestAnchors = 10;

// Throws Error{data} at file:line for a line that is broken, has a key too many, or stands twice, and for a
// judge with fewer than kFewestAnchors scored answers or two identities. read_anchors() also looks at the
// recordings: one that is not there or is another is an error of its line.
Anchors read_anchors(const std::string& path);
Anchors parse_anchors(std::string_view text, const std::string& file);
std::string write_anchors(std::span<const Anchor> anchors);

// Those of one judge. Throws Error{data} at file:line where they are verdicts of another judge (its rubric,
// model or code differ from this identity) or off its scale, and where the judge listens and there is nothing
// to hear.
std::vector<Anchor> anchors_of(const Anchors& anchors, const std::string& name, const Judge& judge);

}  // namespace undertone
