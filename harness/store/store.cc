#include "harness/store/store.h"

#include <fmt/format.h>
#include <filesystem>

#include "harness/store/database.h"
#include "harness/store/state.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

void make_folder(const std::string& path) {
  std::error_code err;
  fs::create_directories(path, err);
  if (!err && !fs::is_directory(path, err)) err = std::make_error_code(std::errc::not_a_directory);
  if (err) throw store_io_error("cannot make the store's folder", path, err);
}

bool holds_something(const std::string& folder) {
  std::error_code none;
  return fs::exists(folder, none) && !fs::is_empty(folder, none);
}

}  // namespace

Store Store::open(const std::string& folder, Mode mode) {
  auto state = std::make_unique<State>();
  std::error_code err;
  fs::path place = fs::absolute(folder, err).lexically_normal();
  if (!place.has_filename()) place = place.parent_path();  // "runs/store/"
  state->folder = place.string();
  state->ledger = state->folder + "/ledger.sqlite";
  state->mode = mode;
  if (mode == Mode::read) {
    state->db = open_ledger_for_reading(state->ledger);
    return Store(std::move(state));
  }
  make_folder(state->folder);
  state->lock = FolderLock(state->folder);
  // An empty ledger beside objects would have all of them removed as left-overs: that is a lost ledger, not a
  // new store.
  const bool had_objects = holds_something(state->objects());
  if (had_objects && !fs::exists(state->ledger, err))
    throw Error(ErrorKind::store, "there are artefacts here but no ledger", state->folder,
                "restore ledger.sqlite from a copy, or name another place with --store");
  if (had_objects && fs::file_size(state->ledger, err) == 0)
    throw corrupt_ledger(state->ledger, "it is empty, though the store holds artefacts");
  bool fresh = false;
  state->db = open_ledger_for_writing(state->ledger, fresh);
  if (fresh && had_objects)
    throw corrupt_ledger(state->ledger, "it is empty, though the store holds artefacts");
  make_folder(state->objects());
  make_folder(state->temporaries());
  state->with("cannot clean the store", [&](SQLite::Database&) { state->clean(); });
  return Store(std::move(state));
}

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}
Store::Store(Store&&) noexcept = default;
Store::~Store() = default;
const std::string& Store::folder() const { return state_->folder; }

std::string Store::State::object(std::string_view key) const {
  const bool sound =
      key.size() >= 4 && key.size() <= 128 &&
      key.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-") ==
          std::string_view::npos;
  if (!sound) throw Error(ErrorKind::internal, fmt::format("'{}' is not an artefact's key", key), folder);
  return fmt::format("{}/{}/{}", objects(), key.substr(0, 2), key);
}

void Store::State::need_writing(std::string_view doing) const {
  if (mode != Mode::write)
    throw Error(ErrorKind::internal, fmt::format("{}: the store is open for reading only", doing), folder,
                "open it with Store::Mode::write");
}

Json Store::State::parse(const std::string& text) const {
  try {
    return parse_json(text, ledger);
  } catch (const Error& e) {
    throw corrupt_ledger(ledger, e.what_happened());
  }
}

}  // namespace undertone
