#include "cli/audit_place.hpp"

namespace callboard {

audit_place audit_place_of(const settings& s) {
  namespace fs = std::filesystem;
  return {s.audit.directory.empty() ? fs::path{s.store.directory} / "audit" : fs::path{s.audit.directory},
          {s.audit.file_bytes_max, s.audit.keep}};
}

} // namespace callboard
