// A page on which people rate: one file, from disk, without a network. Nothing in it says whose answers they
// are: what it is made from has no place for that.
#pragma once

#include <string>
#include <vector>

#include "harness/core/json.h"

namespace undertone {

struct HumanPageCriterion {
  std::string metric, ask;
  int low = 0, high = 0;            // of a grade, given by the digit's key
  std::vector<std::string> labels;  // of a choice; empty: a grade
  std::vector<std::string>
      shown;  // what stands on each button, from low or in the labels' order; may be empty
};

struct HumanPageItem {
  std::string id;  // blind
  std::string question, reference;
  std::vector<std::string> answers;  // one, or a and b, or none
  std::string audio_path;            // "" where there is no recording
};

struct HumanPageTurn {
  std::size_t item = 0;
  bool swapped = false;  // b on the left
};

struct HumanPage {
  std::string export_id, task, title;
  std::vector<std::string> guide;  // what to do, a paragraph each
  std::vector<HumanPageCriterion> criteria;
  std::vector<HumanPageItem> items;
  std::vector<std::vector<HumanPageTurn>> raters;  // what each rates, in order
};

// Throws Error{data} where a recording cannot be read, Error{io} where an asset is missing.
std::string human_page_html(const HumanPage& page, const std::string& assets_folder);

}  // namespace undertone
