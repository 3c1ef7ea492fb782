#include "http/api/schema_source.hpp"

#include "core/base/name.hpp"
#include "http/api/name_page.hpp"

namespace callboard {

std::optional<http_response> list_schemas(const request_context& c, const responder&) {
  if (c.a.schemas == nullptr)
    return failed({ec::not_found, "this scheduler tells no schemas"});
  auto page = read_name_page(c, [](auto text) { return is_name(name_kind::job_type, text); });
  if (!page)
    return failed(std::move(page).err());
  auto types = c.a.schemas->schemas(page->after, size_t{page->limit} + 1);
  std::optional<std::string> next;
  if (types.size() > page->limit) {
    types.resize(page->limit);
    next = types.back().name;
  }
  return name_page_answer("schemas", types, next, [](auto& w, const described_type& t) {
    w.open('{').key("type").text(t.name);
    if (!t.version.empty())
      w.key("version").text(t.version);
    if (!t.summary.empty())
      w.key("summary").text(t.summary);
    w.key("schema").raw(t.schema.empty() ? "null" : t.schema).close('}');
  });
}

} // namespace callboard
