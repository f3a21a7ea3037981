#include "datasets/questions.h"

#include <algorithm>
#include <set>

#include "datasets/questions_render.h"
#include "harness/core/error.h"
#include "harness/core/hash.h"

namespace undertone {
namespace {

constexpr int kTemplateVersion = 1;  // bump when the same clip would be asked other questions
constexpr int kSpareCandidates = 2;  // a clip and pool, against losses to the post-filter

// How often each type is asked within its pool. Direct questions weigh as much as content: base training
// drowned them otherwise. What only some clips can answer is asked where they can: of the gender of two
// speakers, of who says what.
double type_weight(QuestionType type, const Clip& clip, bool contextual) {
  const bool several = clip.segments.size() > 1;
  const bool together = count_speakers(clip) > 1;
  switch (type) {
    case QuestionType::C:
      return contextual ? 0.45 : 1.1;
    case QuestionType::CE:
      return 1.0;
    case QuestionType::CG:
      return together ? 0.8 : 0.4;
    case QuestionType::CS:
      return together ? 0.6 : several ? 0.3 : 0.08;
    case QuestionType::DE:
      return 1.0;
    case QuestionType::DG:
      return 0.7;
    case QuestionType::DS:
      return several ? 0.7 : 0.2;
    default:
      return 1.0;
  }
}

// The forms that only time-stamped emotion answers are asked most; the rarer the clips that admit one, the
// more.
double form_weight(std::string_view form) {
  if (form == "ce_changed") return 8;
  if (form == "ce_about" || form == "ce_before" || form == "cs_pair") return 4;
  if (form == "ce_about_who" || form == "ce_said") return 2;
  if (form == "ce_energy" || form == "ce_strength" || form == "ce_time") return 0.6;
  return 1;
}

struct Candidate {
  const QuestionForm* form;
  QuestionPlace place;
};

class TemplateGenerator : public QuestionGenerator {
 public:
  explicit TemplateGenerator(TemplateOptions options) : options_(std::move(options)) {}

  std::vector<WrittenQuestions> write(std::span<const Clip> clips,
                                      const std::string& stream_name) const override {
    std::vector<WrittenQuestions> out;
    for (const Clip& clip : clips) {
      Stream stream(stream_name + '/' + clip.id);
      out.push_back({questions_of(clip, stream), {}});
    }
    return out;
  }

  std::vector<Question> questions_of(const Clip& clip, Stream& stream) const {
    std::vector<Question> questions;
    for (const auto& [pool, count] : options_.per_clip)
      if (count > 0) ask(clip, pool, keep(clip, pool) + kSpareCandidates, stream, questions);
    return questions;
  }

  int keep(const Clip& clip, const std::string& pool) const override {
    const auto found = options_.per_clip.find(pool);
    if (found == options_.per_clip.end() || found->second <= 0) return 0;
    const int further = clip.segments.empty() ? 0 : static_cast<int>(clip.segments.size()) - 1;
    return found->second + (pool == "cpqa" ? further : 0);
  }

  std::string identity() const override {
    std::string all = "templates " + std::to_string(kTemplateVersion);
    for (const auto& [pool, count] : options_.per_clip) all += '\n' + pool + '=' + std::to_string(count);
    all += '\n' + std::to_string(static_cast<int>(options_.wordings)) +
           std::to_string(options_.content_in_cpqa) + std::to_string(options_.binding_only);
    for (const QuestionForm& form : question_forms()) {
      all += '\n' + form.id + '\n' + form.reference;
      for (const std::string& wording : form.wordings) all += '\n' + wording;
    }
    return sha256_hex(all);
  }

 private:
  std::string pool_of(const QuestionForm& form) const {
    return form.type == QuestionType::C && options_.content_in_cpqa ? "cpqa" : form.pool;
  }

  void ask(const Clip& clip, const std::string& pool, int count, Stream& stream,
           std::vector<Question>& out) const {
    std::vector<Candidate> open;
    for (const QuestionForm& form : question_forms())
      if (pool_of(form) == pool)
        for (QuestionPlace place : places_for(form, clip)) open.push_back({&form, place});
    while (count > 0 && !open.empty()) {
      const std::size_t pick = draw(open, clip, pool == "cpqa", stream);
      const Candidate candidate = open[pick];
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(pick));
      auto question = word(candidate, clip, stream);
      if (!question || (options_.binding_only && question->reasoning != "binding")) continue;
      question->pool = pool;
      out.push_back(std::move(*question));
      --count;
    }
  }

  // First a type, then a form of that type, then a place: a form with many places is not asked more for that.
  std::size_t draw(const std::vector<Candidate>& open, const Clip& clip, bool contextual,
                   Stream& stream) const {
    std::map<QuestionType, std::map<std::string_view, std::vector<std::size_t>>> groups;
    for (std::size_t i = 0; i < open.size(); ++i) groups[open[i].form->type][open[i].form->id].push_back(i);
    std::vector<QuestionType> types;
    std::vector<double> weights;
    for (const auto& [type, forms] : groups) {
      types.push_back(type);
      weights.push_back(type_weight(type, clip, contextual));
    }
    const auto& forms = groups[types[stream.weighted(weights)]];
    std::vector<const std::vector<std::size_t>*> places;
    weights.clear();
    for (const auto& [id, indices] : forms) {
      places.push_back(&indices);
      weights.push_back(form_weight(id));
    }
    const std::vector<std::size_t>& chosen = *places[stream.weighted(weights)];
    return chosen[stream.below(chosen.size())];
  }

  // A wording of the kind asked for whose placeholders all have values; nothing when the form has none here.
  std::optional<Question> word(const Candidate& candidate, const Clip& clip, Stream& stream) const {
    const bool unseen = options_.wordings == WordingSet::unseen ||
                        (options_.wordings == WordingSet::both && stream.uniform() < 0.5);
    std::vector<std::size_t> wordings;
    for (std::size_t i = 0; i < candidate.form->wordings.size(); ++i)
      if (is_unseen_wording(*candidate.form, i) == unseen) wordings.push_back(i);
    stream.shuffle(wordings);
    for (std::size_t wording : wordings)
      if (auto question = render_question(*candidate.form, wording, clip, candidate.place)) return question;
    return std::nullopt;
  }

  TemplateOptions options_;
};

// What must agree for two clips to exchange their emotions without changing which questions can be asked of
// them.
std::string exchange_class(const Clip& clip) {
  for (const Segment& segment : clip.segments)
    if (!segment.emotion) return "";
  if (clip.segments.empty()) return "";
  return std::to_string(clip.segments.size()) + (emotions_vary(clip) ? "varies" : "steady");
}

EmotionAnnotation moved_to(const EmotionAnnotation& from, const EmotionAnnotation& place) {
  EmotionAnnotation annotation = from;
  annotation.start_seconds = place.start_seconds;
  annotation.end_seconds = place.end_seconds;
  return annotation;
}

}  // namespace

TemplateOptions template_options_for(const std::string& split, const std::map<std::string, int>& per_clip) {
  TemplateOptions options;
  options.per_clip = per_clip;
  options.wordings = split == "test" ? WordingSet::both : WordingSet::seen;
  options.content_in_cpqa = split != "train";
  return options;
}

std::unique_ptr<QuestionGenerator> make_template_generator(TemplateOptions options) {
  return std::make_unique<TemplateGenerator>(std::move(options));
}

std::vector<Question> template_questions(const TemplateOptions& options, const Clip& clip, Stream& stream) {
  return TemplateGenerator(options).questions_of(clip, stream);
}

FilteredQuestions generate_questions(const std::vector<Clip>& clips, const QuestionGenerator& generator,
                                     const std::string& stream_name) {
  FilteredQuestions all;
  std::vector<WrittenQuestions> written = generator.write(clips, stream_name);
  for (std::size_t i = 0; i < clips.size(); ++i) {
    FilteredQuestions mine = filter_questions(std::move(written[i].candidates));
    std::map<std::string, int> kept;
    for (Question& question : mine.kept)
      if (kept[question.pool]++ < generator.keep(clips[i], question.pool))
        all.kept.push_back(std::move(question));
    for (auto* dropped : {&written[i].dropped, &mine.dropped})
      for (DroppedQuestion& one : *dropped) all.dropped.push_back(std::move(one));
  }
  return all;
}

Json count_by_rule(const std::vector<DroppedQuestion>& dropped) {
  std::map<std::string, std::int64_t> counts;
  for (const DroppedQuestion& one : dropped) ++counts[one.rule];
  Json out = Json::object();
  for (const auto& [rule, count] : counts) out[rule] = count;
  return out;
}

std::vector<Clip> permute_emotions(const std::vector<Clip>& clips, Stream& stream) {
  std::map<std::string, std::vector<std::size_t>> classes;
  for (std::size_t i = 0; i < clips.size(); ++i) classes[exchange_class(clips[i])].push_back(i);
  classes.erase("");
  std::vector<Clip> permuted = clips;
  for (const auto& [name, members] : classes) {
    std::vector<std::size_t> sources = members;
    stream.shuffle(sources);
    for (std::size_t i = 0; i < members.size(); ++i)
      for (std::size_t s = 0; s < clips[members[i]].segments.size(); ++s)
        permuted[members[i]].segments[s].emotion =
            moved_to(*clips[sources[i]].segments[s].emotion, *clips[members[i]].segments[s].emotion);
  }
  return permuted;
}

std::vector<Question> placebo_questions(const std::vector<Question>& questions,
                                        const std::vector<Clip>& clips, Stream& stream) {
  const std::vector<Clip> permuted = permute_emotions(clips, stream);
  std::map<std::string_view, const Clip*> by_id;
  for (const Clip& clip : permuted) by_id[clip.id] = &clip;
  std::vector<Question> out;
  for (const Question& question : questions) {
    const auto clip = by_id.find(question.clip);
    if (question.pool != "cpqa" || clip == by_id.end()) {
      out.push_back(question);
      continue;
    }
    if (question.provenance != Provenance::template_)
      throw Error(ErrorKind::data, "the question '" + question.id + "' was not written from a template",
                  question.clip,
                  "make the placebo of template QA: set the dataset's generation.writer to \"template\"");
    auto again = render_again(question, *clip->second);
    // A neighbour's emotion may equal that of the utterance before or after, where the form asks what
    // changed: the question is then kept as it was, so that the placebo has the same questions.
    out.push_back(again && !named_slot(*again) ? std::move(*again) : question);
  }
  return out;
}

}  // namespace undertone
