// How much of a reference a free answer shares, from 0 to 1. Each is a function of two texts, symmetric only
// where it says so. Nothing, with a reason, where the reference has no words. (Similarity of meaning is a
// judge: judges/embedding.h.)
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "metrics/value.h"

namespace undertone::metrics {

// F1 of the bag of words, articles left aside (Rajpurkar et al. 2016, SQuAD). An empty answer scores 0. Words
// are those of text_match.h: unlike SQuAD's script an inner hyphen splits and an inner apostrophe stays.
Value token_f1(std::string_view reference, std::string_view answer);

// F1 (beta 1) of the longest common subsequence of words (Lin 2004, ROUGE-L for one sentence). Words: runs of
// ASCII letters and digits in lower case, without stemming (as rouge-score tokenises), and of bytes outside
// ASCII (which it drops).
Value rouge_l(std::string_view reference, std::string_view answer);

// Character n-gram F-score, n = 1 to 6, beta 2, without white space, case kept (Popovic 2015; sacreBLEU's
// chrF2 as a share, without its smoothing: precision and recall are averaged over the orders that both texts
// have). Ties beta to recall.
Value chrf(std::string_view reference, std::string_view answer);

}  // namespace undertone::metrics
