#include "handlers/registry.hpp"

#include "handlers/builtin.hpp"

#include <algorithm>
#include <stdexcept>

namespace callboard {

void handler_registry::add(std::shared_ptr<handler> h) {
  if (find(h->type()))
    throw std::invalid_argument("two handlers for the job type " + std::string{h->type()});
  handlers_.push_back(std::move(h));
}

handler* handler_registry::find(std::string_view type) const {
  const auto i = std::find_if(handlers_.begin(), handlers_.end(), [&](const auto& h) { return h->type() == type; });
  return i == handlers_.end() ? nullptr : i->get();
}

std::vector<std::string> handler_registry::types() const {
  std::vector<std::string> out;
  for (const auto& h : handlers_)
    out.emplace_back(h->type());
  return out;
}

handler_registry make_builtin_handlers(const handler_settings& s, std::shared_ptr<job_cgroups> groups) {
  handler_registry r;
  r.add(make_email_send(s.smtp));
  r.add(make_data_processing(s.data, s.files));
  r.add(make_file_upload(s.files, s.http, s.s3, s.sftp));
  r.add(make_http_request(s.http));
  r.add(make_exec(s.exec, s.kill_grace, std::move(groups)));
  r.add(make_noop());
  return r;
}

payload_validator make_validator(const handler_registry& types) {
  payload_validator v;
  for (const auto& h : types.all())
    if (auto ok = v.set(std::string{h->type()}, h->schema()); !ok)
      throw std::invalid_argument("the schema of the job type " + std::string{h->type()} + ": " + ok.err().message);
  return v;
}

} // namespace callboard
