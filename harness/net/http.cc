#include "harness/net/http.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <deque>
#include <optional>

#include "harness/core/ascii.h"
#include "harness/core/error.h"
#include "harness/net/http_parts.h"
#include "harness/net/retry_after.h"

namespace undertone {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kLongestPollMs = 100;  // how late a wish to stop is heard
constexpr int kUnreachableInRow = 3, kFailuresInRow = 16;
constexpr std::size_t kUnsentAtOnce = 256;  // handed over together when the rest is not sent

Clock::duration seconds(double s) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(s));
}

// libcurl's global state, made once; never torn down, since other threads may still use it at exit.
void need_curl() {
  static const CURLcode made = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (made != CURLE_OK) throw Error(ErrorKind::internal, "libcurl does not start");
}

struct UrlParts {
  std::string scheme, host, shown;
};
UrlParts parts_of(const std::string& url) {
  need_curl();
  const auto wrong = [](const std::string& what) {
    return Error(ErrorKind::usage, what, "the server's address",
                 "give it as http://HOST:PORT/v1 or https://HOST/v1");
  };
  CURLU* handle = curl_url();
  if (!handle) throw Error(ErrorKind::internal, "libcurl has no memory for an address");
  const std::unique_ptr<CURLU, void (*)(CURLU*)> owner(handle, curl_url_cleanup);
  // Only what stands after the key could be shown safely, so a broken address is not repeated at all.
  if (curl_url_set(handle, CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) throw wrong("the address is no URL");
  const auto part = [&](CURLUPart which) {
    char* text = nullptr;
    if (curl_url_get(handle, which, &text, 0) != CURLUE_OK || !text) return std::string();
    std::string out = text;
    curl_free(text);
    return out;
  };
  UrlParts out{part(CURLUPART_SCHEME), part(CURLUPART_HOST), ""};
  if (out.scheme != "http" && out.scheme != "https") throw wrong("the address is neither http nor https");
  if (out.host.empty()) throw wrong("the address names no host");
  if (!part(CURLUPART_USER).empty() || !part(CURLUPART_PASSWORD).empty())
    throw Error(ErrorKind::usage, "the address holds a user or password", out.scheme + "://" + out.host,
                "take it out; keys come from the environment or a file");
  const std::string port = part(CURLUPART_PORT);
  out.shown =
      fmt::format("{}://{}{}{}", out.scheme, out.host, port.empty() ? "" : ":" + port, part(CURLUPART_PATH));
  return out;
}

struct Item {
  std::size_t index = 0;
  std::string body;
  int attempts = 0;
  Clock::time_point first{}, due{};
  HttpError last;
};

struct Slot {
  CURL* easy = nullptr;
  bool active = false, over_cap = false;
  Item item;
  std::size_t cap = 0;
  std::string reply, retry_after;
  char message[CURL_ERROR_SIZE] = {};
  Clock::time_point began{};
};

std::size_t on_body(char* bytes, std::size_t, std::size_t n, void* to) {
  Slot& slot = *static_cast<Slot*>(to);
  if (slot.reply.size() + n > slot.cap) {
    slot.over_cap = true;
    return 0;
  }
  slot.reply.append(bytes, n);
  return n;
}

std::size_t on_header(char* bytes, std::size_t, std::size_t n, void* to) {
  static constexpr std::string_view name = "retry-after:";
  const std::string_view line(bytes, n);
  if (n >= name.size() &&
      std::equal(name.begin(), name.end(), line.begin(), [](char a, char b) { return a == lower(b); }))
    static_cast<Slot*>(to)->retry_after = line.substr(name.size());
  return n;
}

}  // namespace

std::string checked_url(const std::string& url) { return parts_of(url).shown; }

struct HttpClient::State {
  HttpTarget target;
  HttpSettings settings;
  Budget* budget;
  std::function<bool()> stop;
  std::string shown;
  CURLM* multi = nullptr;
  curl_slist* headers = nullptr;
  std::deque<Slot> slots;  // a deque: libcurl keeps pointers to them
  std::vector<Slot*> free;
  int in_flight = 0;
  Concurrency concurrency;
  HttpCounters counters;

  // of the batch under way
  std::deque<Item> waiting;  // for another attempt
  std::vector<HttpDone> ended;
  std::optional<HttpError> halted;
  bool drained = false;
  std::size_t taken = 0;
  int unreachable_in_row = 0, failures_in_row = 0;
  Clock::time_point paused_until{}, last_decrease{};

  State(HttpTarget t, HttpSettings s, Budget* b, std::function<bool()> stop_asked)
      : target(std::move(t)),
        settings(std::move(s)),
        budget(b),
        stop(std::move(stop_asked)),
        concurrency(settings.first_concurrency, settings.most_concurrency) {
    const UrlParts url = parts_of(target.url);
    shown = url.shown;
    multi = curl_multi_init();
    if (!multi) throw Error(ErrorKind::internal, "libcurl has no memory for a client");
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(settings.most_concurrency));
    for (const std::string& h : target.headers) headers = curl_slist_append(headers, h.c_str());
    // "Expect: 100-continue" would cost a round trip for every long prompt.
    headers = curl_slist_append(headers, "Expect:");
    if (!target.key.empty())
      headers = curl_slist_append(headers, (target.key_header + target.key.reveal()).c_str());
    for (int i = 0; i < settings.most_concurrency; ++i) add_slot(url);
  }

  ~State() {
    drop_all();
    for (Slot& s : slots) curl_easy_cleanup(s.easy);
    curl_slist_free_all(headers);
    if (multi) curl_multi_cleanup(multi);
  }

  void add_slot(const UrlParts& url) {
    Slot& slot = slots.emplace_back();
    slot.cap = settings.most_reply_bytes;
    slot.easy = curl_easy_init();
    if (!slot.easy) throw Error(ErrorKind::internal, "libcurl has no memory for a request");
    CURL* e = slot.easy;
    curl_easy_setopt(e, CURLOPT_URL, target.url.c_str());
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
    if (!target.ca_file.empty()) curl_easy_setopt(e, CURLOPT_CAINFO, target.ca_file.c_str());
    // A proxy of the environment is for the outside world.
    if (url.host == "localhost" || url.host == "127.0.0.1" || url.host == "[::1]")
      curl_easy_setopt(e, CURLOPT_PROXY, "");
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(1000 * settings.connect_seconds));
    curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(settings.most_reply_bytes));
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, slot.message);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, &slot);
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, &slot);
    curl_easy_setopt(e, CURLOPT_PRIVATE, &slot);
    free.push_back(&slot);
  }

  void release(Slot& slot) {
    curl_multi_remove_handle(multi, slot.easy);
    slot.active = false;
    --in_flight;
    free.push_back(&slot);
  }
  void drop_all() {
    for (Slot& s : slots)
      if (s.active) release(s);
  }

  void end(Item&& item, HttpOutcome outcome, double took) {
    ended.push_back({item.index, std::move(outcome), item.attempts, took});
  }

  void start(Item&& item, Clock::time_point now) {
    Slot& slot = *free.back();
    free.pop_back();
    if (item.attempts == 0) item.first = now;
    ++item.attempts;
    slot.item = std::move(item);
    slot.reply.clear();
    slot.retry_after.clear();
    slot.over_cap = false;
    slot.message[0] = '\0';
    slot.began = now;
    const double left =
        settings.deadline_seconds - std::chrono::duration<double>(now - slot.item.first).count();
    const double allowed = std::max(0.001, std::min(settings.attempt_seconds, left));
    curl_easy_setopt(slot.easy, CURLOPT_TIMEOUT_MS, std::max(1L, static_cast<long>(1000 * allowed)));
    curl_easy_setopt(slot.easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(slot.item.body.size()));
    curl_easy_setopt(slot.easy, CURLOPT_POSTFIELDS, slot.item.body.data());
    if (budget) budget->request();
    ++counters.sent;
    counters.retries += slot.item.attempts > 1;
    curl_multi_add_handle(multi, slot.easy);
    slot.active = true;
    counters.most_in_flight = std::max(counters.most_in_flight, ++in_flight);
  }

  // Starts what may start. After a halt nothing does: what is left ends unsent.
  void fill(const Next& next) {
    const auto now = Clock::now();
    while (!halted && now >= paused_until && in_flight < concurrency.limit()) {
      const auto due =
          std::find_if(waiting.begin(), waiting.end(), [&](const Item& i) { return i.due <= now; });
      if (due == waiting.end() && drained) break;
      if (const std::string why = budget ? budget->used_up() : ""; !why.empty()) {
        halted = HttpError{TransportKind::budget, 0, "the budget is used up: " + why, "", false};
        break;
      }
      if (due != waiting.end()) {
        Item item = std::move(*due);
        waiting.erase(due);
        start(std::move(item), now);
        continue;
      }
      // What waits for another attempt keeps its place: else a server that refuses at once would be offered
      // every request there is before the first one has failed for good.
      if (in_flight + static_cast<int>(waiting.size()) >= concurrency.limit()) break;
      Item item;
      if (!next(item.body)) {
        drained = true;
        break;
      }
      item.index = taken++;
      start(std::move(item), now);
    }
    counters.concurrency = concurrency.limit();
    if (!halted) return;
    const bool ours = halted->kind == TransportKind::budget || halted->kind == TransportKind::interrupted;
    for (Item& item : waiting) {
      HttpError last = ours ? *halted : std::move(item.last);
      end(std::move(item), std::move(last), 0);
    }
    waiting.clear();
    for (std::string body; !drained && ended.size() < kUnsentAtOnce;) {
      body.clear();
      if (!next(body)) {
        drained = true;
        break;
      }
      HttpError unsent = *halted;
      unsent.body.clear();
      if (!ours) unsent.detail = "not sent: " + unsent.detail;
      ended.push_back({taken++, std::move(unsent), 0, 0});
    }
  }

  void note_failure(const HttpError& error) {
    ++counters.failures;
    const bool unreachable = error.kind == TransportKind::refused || error.unreachable;
    unreachable_in_row = unreachable ? unreachable_in_row + 1 : 0;
    ++failures_in_row;
    if (!halted && (error.kind == TransportKind::tls || unreachable_in_row >= kUnreachableInRow ||
                    failures_in_row >= kFailuresInRow || (settings.hopeless && settings.hopeless(error))))
      halted = error;
  }

  // Heeds Retry-After; false when the server asks for more patience than was allowed.
  bool heed(const std::string& retry_after, Clock::time_point now) {
    if (retry_after.empty()) return true;
    const auto wait = retry_after_seconds(retry_after, static_cast<std::int64_t>(std::time(nullptr)));
    if (!wait) return true;
    if (*wait > settings.most_wait_seconds) return false;
    paused_until = std::max(paused_until, now + seconds(*wait));
    return true;
  }

  void finish(Slot& slot, CURLcode code) {
    const auto now = Clock::now();
    long status = 0;
    curl_off_t connect_us = 0, transfer_us = 0;
    curl_easy_getinfo(slot.easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(slot.easy, CURLINFO_CONNECT_TIME_T, &connect_us);
    curl_easy_getinfo(slot.easy, CURLINFO_PRETRANSFER_TIME_T,
                      &transfer_us);  // also on a connection used again
    Attempt attempt;
    attempt.curl_code = code;
    attempt.status = static_cast<int>(status);
    attempt.connected = connect_us > 0 || transfer_us > 0;
    attempt.over_cap = slot.over_cap;
    attempt.message = slot.message[0] ? slot.message : curl_easy_strerror(code);
    attempt.body = std::move(slot.reply);
    attempt.seconds = std::chrono::duration<double>(now - slot.began).count();
    // Before anything is cut or quoted: servers do repeat the headers that they were sent.
    target.key.redact(attempt.body);
    target.key.redact(attempt.message);
    const double took = attempt.seconds;
    const auto began = slot.began;
    const std::string retry_after = std::move(slot.retry_after);
    Item item = std::move(slot.item);
    release(slot);

    HttpOutcome outcome = outcome_of(std::move(attempt), settings);
    auto* error = std::get_if<HttpError>(&outcome);
    if (!error) {
      ++counters.replies;
      unreachable_in_row = failures_in_row = 0;
      concurrency.success();
      return end(std::move(item), std::move(outcome), took);
    }
    // Once a round: what was sent before the last decrease says nothing about the present number.
    if (says_overloaded(*error) && began >= last_decrease) {
      concurrency.overload();
      last_decrease = now;
    }
    const bool patient = !says_overloaded(*error) || heed(retry_after, now);
    const bool hopeless = settings.hopeless && settings.hopeless(*error);
    item.due = std::max(now + seconds(wait_seconds(settings, item.index, item.attempts)), paused_until);
    if (patient && !hopeless && !halted && worth_retrying(*error, item.attempts, settings) &&
        item.due < item.first + seconds(settings.deadline_seconds)) {
      item.last = std::move(*error);
      waiting.push_back(std::move(item));
      return;
    }
    note_failure(*error);
    if (!patient && !halted) {
      halted = *error;
      halted->detail = fmt::format("the server asks to wait longer than {:.3g} s; {}",
                                   settings.most_wait_seconds, error->detail);
    }
    end(std::move(item), std::move(outcome), took);
  }

  void interrupt() {
    halted = HttpError{TransportKind::interrupted, 0, "interrupted", "", false};
    for (Slot& slot : slots) {
      if (!slot.active) continue;
      Item item = std::move(slot.item);
      release(slot);
      end(std::move(item), *halted, 0);
    }
  }

  int poll_ms() const {
    const auto now = Clock::now();
    Clock::time_point wake = now + std::chrono::milliseconds(kLongestPollMs);
    if (in_flight < concurrency.limit())
      for (const Item& item : waiting) wake = std::min(wake, std::max(item.due, paused_until));
    if (paused_until > now) wake = std::min(wake, paused_until);
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(wake - now).count();
    return static_cast<int>(std::clamp<long long>(ms, 1, kLongestPollMs));
  }

  std::optional<HttpError> run(const Next& next, const Done& done) {
    waiting.clear();
    ended.clear();
    halted.reset();
    drained = false;
    taken = 0;
    unreachable_in_row = failures_in_row = 0;
    for (;;) {
      if (stop && (!halted || halted->kind != TransportKind::interrupted) && stop()) interrupt();
      fill(next);
      int running = 0;
      curl_multi_perform(multi, &running);
      int left = 0;
      while (CURLMsg* message = curl_multi_info_read(multi, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const CURLcode code = message->data.result;
        Slot* slot = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &slot);
        finish(*slot, code);
      }
      if (!ended.empty()) {
        done(ended);
        ended.clear();
        continue;
      }
      if (in_flight == 0 && waiting.empty() && drained) return halted;
      curl_multi_poll(multi, nullptr, 0, poll_ms(), nullptr);
    }
  }
};

HttpClient::HttpClient(HttpTarget target, HttpSettings settings, Budget* budget, std::function<bool()> stop)
    : state_(std::make_unique<State>(std::move(target), std::move(settings), budget, std::move(stop))) {}
HttpClient::~HttpClient() = default;

std::optional<HttpError> HttpClient::run(const Next& next, const Done& done) {
  try {
    return state_->run(next, done);
  } catch (...) {
    state_->drop_all();
    throw;
  }
}

HttpDone HttpClient::send(std::string body) {
  HttpDone out;
  bool taken = false;
  run(
      [&](std::string& to) {
        if (taken) return false;
        taken = true;
        to = std::move(body);
        return true;
      },
      [&](std::vector<HttpDone>& ended) { out = std::move(ended.front()); });
  return out;
}

const HttpCounters& HttpClient::counters() const { return state_->counters; }
const std::string& HttpClient::shown_url() const { return state_->shown; }

}  // namespace undertone
