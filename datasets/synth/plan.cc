#include "datasets/synth/plan.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "datasets/synth/effects.h"
#include "harness/core/error.h"
#include "harness/core/fields.h"

namespace undertone {
namespace {

void check_path(FieldReader& fields, const std::string& path) {
  const std::filesystem::path p(path);
  if (p.is_absolute() || std::find(p.begin(), p.end(), "..") != p.end() || p.extension() != ".wav")
    fields.problem("path", "must be a relative path inside the output folder that ends in .wav");
}

SpokenClip read_clip(const Json& line, std::vector<Problem>& problems) {
  SpokenClip clip;
  FieldReader fields(line, "", problems);
  fields.field("clip", clip.id, "name of the clip").required();
  fields.field("path", clip.path, "WAV to write, relative to --out").required();
  fields.field("gap_seconds", clip.gap_seconds, "silence between utterances", 0, 60);
  fields.list(
      "utterances",
      [&](FieldReader& one) {
        SpokenUtterance u;
        one.field("text", u.text, "what is said, UTF-8").required();
        one.field("voice", u.voice, "accent and variant, such as en-us+m1").required();
        one.field("pitch", u.pitch, "base pitch", 0, 99);
        one.field("range", u.range, "pitch range", 0, 99);
        one.field("rate", u.rate, "words a minute", 80, 450);
        one.field("volume", u.volume, "100 is normal", 0, 200);
        one.choice("effect", u.effect, effect_names(), "change of the spectrum or the loudness");
        one.field("strength", u.strength, "of the effect", 0, 10);
        if (u.text.find_first_not_of(" \t\n") == std::string::npos) one.problem("text", "has no words");
        clip.utterances.push_back(std::move(u));
      },
      "spoken one after another");
  fields.required();
  if (!clip.path.empty()) check_path(fields, clip.path);
  if (clip.utterances.empty() && fields.present("utterances")) fields.problem("utterances", "is empty");
  fields.finish();
  return clip;
}

}  // namespace

std::vector<SpokenClip> read_plan(const std::string& path) {
  std::vector<SpokenClip> clips;
  std::set<std::string> ids, paths;
  for (const Json& line : read_jsonl_file(path)) {
    std::vector<Problem> problems;
    clips.push_back(read_clip(line, problems));
    if (!problems.empty())
      throw Error(ErrorKind::data, problems.front().str(), line.place().str(),
                  "correct this line of the plan");
    if (!ids.insert(clips.back().id).second)
      throw Error(ErrorKind::data, "the clip '" + clips.back().id + "' occurs twice", line.place().str(),
                  "give each clip its own name");
    if (!paths.insert(clips.back().path).second)
      throw Error(ErrorKind::data, "the path '" + clips.back().path + "' occurs twice", line.place().str(),
                  "give each clip its own file");
  }
  return clips;
}

}  // namespace undertone
