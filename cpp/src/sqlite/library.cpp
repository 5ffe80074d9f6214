// Which SQLite libraries this process has loaded.
#include <link.h>
#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "sqlite/database.hpp"

namespace cxrelay::sqlite {
namespace {

struct Search {
  std::uintptr_t ours = 0;
  std::string other;
};

bool contains(const dl_phdr_info& info, std::uintptr_t address) {
  for (int i = 0; i < info.dlpi_phnum; ++i) {
    const auto& segment = info.dlpi_phdr[i];
    const std::uintptr_t begin = info.dlpi_addr + segment.p_vaddr;
    if (segment.p_type == PT_LOAD && address >= begin && address < begin + segment.p_memsz) {
      return true;
    }
  }
  return false;
}

int look(dl_phdr_info* info, std::size_t, void* data) {
  auto& search = *static_cast<Search*>(data);
  const std::string_view name = info->dlpi_name != nullptr ? info->dlpi_name : "";
  const auto slash = name.rfind('/');
  const auto file = slash == std::string_view::npos ? name : name.substr(slash + 1);
  const bool is_sqlite =
      file.find("sqlite3") != std::string_view::npos &&
      file.substr(0, 8) != "_sqlite3";  // Python's wrapper links a library of its own
  if (is_sqlite && !contains(*info, search.ours)) search.other = name;
  return 0;
}

}  // namespace

std::string library_version() { return sqlite3_libversion(); }

std::string second_library() {
  Search search;
  search.ours = reinterpret_cast<std::uintptr_t>(&sqlite3_libversion);
  dl_iterate_phdr(&look, &search);
  return search.other;
}

}  // namespace cxrelay::sqlite
