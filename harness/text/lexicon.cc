#include "harness/text/lexicon.h"

#include <array>

namespace undertone::lexicon {
namespace {

// Emotion: the six categories of expressive corpora plus those of IEMOCAP, MELD and EmoDB. Words whose
// valence is clear but whose category is not ("upset") stand under "", and leave an answer unmapped unless it
// also says more.
constexpr std::array emotion = {
    Row{"neutral",
        "neutral, neutrally, neutrality, calm, calmly, calmness, composed, unemotional, emotionless, "
        "expressionless, "
        "impassive, dispassionate, indifferent, indifferently, detached, matter of fact, no emotion, no "
        "emotions, "
        "no strong emotion, no strong emotions, no particular emotion, no clear emotion, no specific "
        "emotion, "
        "no discernible emotion, no obvious emotion, without emotion, without any emotion, without much "
        "emotion, "
        "not emotional, even tone, even toned, flat tone, normal tone, monotone"},
    Row{"happy",
        "happy, happier, happiest, happily, happiness, joy, joyful, joyfully, joyfulness, joyous, joyously, "
        "cheerful, "
        "cheerfully, cheerfulness, cheery, cheer, glad, gladly, gladness, delighted, delightedly, delight, "
        "pleased, "
        "elated, elation, merry, merrily, jolly, jovial, gleeful, gleefully, glee, upbeat, contented, "
        "contentedly, "
        "contentment, amused, amusement, overjoyed, ecstatic, ecstatically, ecstasy, blissful, bliss, "
        "euphoric, "
        "euphoria, rejoicing, in good spirits, in high spirits, in a good mood, good mood, over the moon"},
    Row{"sad",
        "sad, sadder, saddest, sadly, sadness, saddened, sorrow, sorrowful, sorrowfully, mournful, "
        "mournfully, "
        "melancholy, melancholic, gloomy, gloomily, gloom, depressed, depressing, depression, dejected, "
        "dejectedly, "
        "dejection, despondent, despondently, despondency, downcast, downhearted, heartbroken, heartbreak, "
        "grief, "
        "grieving, grieved, miserable, miserably, misery, tearful, tearfully, in tears, crying, weeping, "
        "sobbing, "
        "unhappy, unhappily, unhappiness, disappointed, disappointedly, disappointment, despair, despairing, "
        "hopeless, "
        "hopelessness, woeful, forlorn, in low spirits, feeling down, feeling blue, feeling low, down in the "
        "dumps"},
    Row{"angry",
        "angry, angrier, angriest, angrily, anger, angered, mad, madly, furious, furiously, fury, enraged, "
        "rage, "
        "raging, irate, outraged, outrage, livid, incensed, infuriated, infuriating, hostile, hostility, "
        "indignant, "
        "indignantly, indignation, wrath, wrathful, irritated, irritably, irritable, irritation, annoyed, "
        "annoyance, "
        "cross with, fuming, seething, resentful, resentment, in a temper, bad tempered"},
    Row{"afraid",
        "afraid, fear, fearful, fearfully, fearfulness, frightened, frightenedly, fright, scared, terrified, "
        "terror, "
        "panic, panicked, panicking, panicky, petrified, anxious, anxiously, anxiety, nervous, nervously, "
        "nervousness, "
        "worried, worriedly, worry, worrying, apprehensive, apprehensively, apprehension, dread, dreading, "
        "alarmed, "
        "uneasy, uneasily, unease"},
    Row{"surprised",
        "surprised, surprise, surprisedly, astonished, astonishment, amazed, amazement, startled, shocked, "
        "shock, "
        "stunned, astounded, dumbfounded, flabbergasted, taken aback, caught off guard, in disbelief"},
    Row{"disgusted",
        "disgusted, disgustedly, disgust, revolted, revulsion, repulsed, repulsion, repelled, sickened, "
        "nauseated, "
        "grossed out"},
    Row{"frustrated",
        "frustrated, frustratedly, frustration, frustrations, frustrating, exasperated, exasperation, fed "
        "up, "
        "aggravated"},
    Row{"excited",
        "excited, excitedly, excitement, thrilled, enthusiastic, enthusiastically, enthusiasm, exhilarated, "
        "exhilaration, eager, eagerly, eagerness, fired up"},
    Row{"bored", "bored, boredom, uninterested, disinterested, listless"},
    Row{"",
        "upset, distressed, distress, emotional, agitated, agitation, tense, stressed, horrified, moved, "
        "hurt, relaxed, "
        "troubled, intense"},
};

constexpr std::array gender = {
    Row{"female", "female, females, woman, women, lady, ladies, girl, girls, feminine"},
    Row{"male", "male, males, man, men, gentleman, gentlemen, boy, boys, guy, guys, masculine"},
    Row{"female", "she, her, hers, herself, she's, she'd, she'll", true},
    Row{"male", "he, him, his, himself, he's, he'd, he'll", true},
};

// Beside the rule "number + noun".
constexpr std::array speakers = {
    Row{"1",
        "monologue, alone, by himself, by herself, by themselves, on his own, on her own, the only speaker, "
        "only speaker, the only person"},
    Row{"2",
        "dialogue, both speakers, both people, both voices, both of them, a couple, a pair, pair of "
        "speakers, "
        "couple of people, a duo, a man and a woman, a woman and a man"},
    Row{"3", "a trio"},
    Row{"",
        "several speakers, several people, many people, multiple speakers, multiple people, many speakers, "
        "a group"},
};

constexpr std::array number_words = {
    Number{"1", "1, one, single, a single, just one, only one"},
    Number{"2", "2, two"},
    Number{"3", "3, three"},
    Number{"4", "4, four"},
    Number{"5", "5, five"},
    Number{"6", "6, six"},
    Number{"7", "7, seven"},
    Number{"8", "8, eight"},
    Number{"9", "9, nine"},
};

}  // namespace

std::span<const Row> rows(std::string_view attribute) {
  if (attribute == "emotion") return emotion;
  if (attribute == "gender") return gender;
  if (attribute == "speakers") return speakers;
  return {};
}

std::string_view canonical_labels(std::string_view attribute) {
  if (attribute == "emotion")
    return "neutral, happy, sad, angry, afraid, surprised, disgusted, frustrated, excited, bored";
  if (attribute == "gender") return "female, male";
  if (attribute == "speakers") return "1, 2, 3, 4, 5, 6, 7, 8, 9";
  return {};
}

const std::string_view negators =
    "not, no, never, none, neither, nor, non, without, cannot, hardly, barely, scarcely, lack, lacks, "
    "lacking, unlikely, "
    "isnt, doesnt, dont, wasnt, arent, didnt, rather than, instead of, other than, as opposed to, opposed "
    "to, far from, "
    "anything but, nothing like, more than, at least, less than, fewer than";

const std::string_view false_negators =
    "not only, not just, not merely, not simply, no doubt, without doubt, without a doubt, no question, "
    "without question, none other than, nothing but";

const std::string_view clause_words = "but, however, although, though, yet, while, whereas, because, instead";

std::span<const Number> numbers() { return number_words; }

const std::string_view counted_nouns =
    "speaker, speakers, person, persons, people, voice, voices, individual, individuals, talker, talkers, "
    "participant, "
    "participants, man, men, woman, women, male, males, female, females";

}  // namespace undertone::lexicon
