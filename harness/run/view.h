// Serves the files of a run's folder to a browser on this machine.
#pragma once

#include <atomic>
#include <memory>
#include <string>

namespace undertone {

// Listens on 127.0.0.1 alone. "/" is the page, "/NAME" a file of the folder itself: what lies below it,
// links, and names with anything but letters, digits, '.', '-' and '_' (or that begin with '.') are not
// there. GET and HEAD only, and only for the host names of the loopback, so that no page of another site
// reads a report through a name that it points here. Nothing is written.
class PageServer {
 public:
  // `page`: a file of the folder, "report.html". `port` 0: one that is free. Throws Error{io} where the port
  // cannot be had.
  PageServer(std::string folder, std::string page, int port);
  ~PageServer();
  PageServer(const PageServer&) = delete;
  PageServer& operator=(const PageServer&) = delete;

  const std::string& url() const;  // "http://127.0.0.1:PORT/"
  // Answers until `stop` is set; looks at it ten times a second.
  void serve(const std::atomic<bool>& stop);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace undertone
