// Pages as a person sees them: opened in headless Chromium, with what it logged and what it asked a network
// for.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "tests/support/test_data.h"

namespace undertone::test {

// The browser's command, or nothing where none is installed (Debian: chromium).
std::optional<std::string> browser();

struct BrowsedPage {
  std::string dom, log, net;  // after its scripts ran; the console among others; the net log
  std::string attribute(const std::string& name) const;  // of the body; "(none)"
  std::size_t count(const std::string& what) const;      // in the list of items
};

// Opens file://PATH#HASH (`hash` with its #), lets three seconds pass by its own clock, which runs ahead of
// ours and does not wait for sound, and closes it. Works in `folder`.
BrowsedPage open_page(const std::string& path, const TemporaryFolder& folder, const std::string& hash);

// What a page asked of a network, by the browser's net log: every request but of files and of what the page
// holds itself. The browser's own requests (updates, the clock) have no origin.
std::set<std::string> network_urls(const std::string& net);

}  // namespace undertone::test
