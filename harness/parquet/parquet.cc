#include "harness/parquet/parquet.h"

#include <dlfcn.h>

#include <filesystem>

#include "harness/core/error.h"
#include "harness/parquet/module.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

constexpr const char* kModule = "libundertone-parquet.so";
constexpr const char* kMend =
    "run './undertone build', which fetches Arrow, or use CSV or JSON Lines instead";

// Beside the program, or above it: tests lie in folders below.
std::string module_path() {
  for (fs::path p = fs::read_symlink("/proc/self/exe").parent_path(); p.has_relative_path();
       p = p.parent_path())
    if (fs::exists(p / kModule)) return (p / kModule).string();
  return "";
}

const ParquetModule& module() {
  static const ParquetModule* const loaded = [] {
    const std::string path = module_path();
    if (path.empty())
      throw Error(ErrorKind::io,
                  "Parquet is read and written by Arrow, which this installation is built without", kModule,
                  kMend);
    void* const handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    void* const entry = handle ? ::dlsym(handle, "undertone_parquet_module") : nullptr;
    if (!entry) {
      const char* const why = ::dlerror();
      throw Error(ErrorKind::io, std::string("Arrow could not be loaded: ") + (why ? why : "unknown"), path,
                  kMend);
    }
    return reinterpret_cast<decltype(&undertone_parquet_module)>(entry)();
  }();
  return *loaded;
}

}  // namespace

void read_parquet(std::string_view bytes, const std::string& file, TableSink& sink) {
  if (const std::string wrong = module().read(bytes, sink); !wrong.empty())
    throw Error(ErrorKind::data, "the Parquet file is not read: " + wrong, file,
                "check that it was written to its end, and write it again (pandas, DuckDB or Arrow)");
}

std::string write_parquet(const std::vector<TableColumn>& columns) {
  std::string bytes;
  if (const std::string wrong = module().write(columns, bytes); !wrong.empty())
    throw Error(ErrorKind::io, "Arrow could not write the table: " + wrong, "", "use CSV instead");
  return bytes;
}

bool parquet_available() { return !module_path().empty(); }

}  // namespace undertone
