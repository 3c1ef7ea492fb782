#include "cli/cert.hpp"

#include "cli/client.hpp"
#include "cli/exit_code.hpp"
#include "cli/format.hpp"
#include "cli/program.hpp"
#include "core/base/rfc3339.hpp"

#include <nlohmann/json.hpp>

#include <ostream>

#include "audit/audit_writer.hpp"
#include "pki/cluster_authority.hpp"

namespace callboard {

namespace {

using nlohmann::ordered_json;

int code_of(const error& e) {
  return e.code == ec::internal_error || e.code == ec::corrupt_record ? exit_server : exit_usage;
}

const char* status_of(const issued_certificate& c, time_point now) {
  return c.revoked ? "revoked" : c.expires <= now ? "expired" : "valid";
}

ordered_json to_json(const issued_certificate& c, time_point now) {
  ordered_json out{{"name", c.name}, {"serial", c.serial}, {"status", status_of(c, now)}};
  // A serial number that was revoked without having been issued here has no times.
  if (c.issued != time_point{}) {
    out["issuedAt"] = to_rfc3339(c.issued);
    out["expiresAt"] = to_rfc3339(c.expires);
  }
  if (c.revoked)
    out["revokedAt"] = to_rfc3339(*c.revoked);
  return out;
}

void print(const std::vector<issued_certificate>& all, const cert_options& o, program_context& context) {
  const auto now = context.now();
  if (o.json) {
    ordered_json list = ordered_json::array();
    for (const auto& c : all)
      list.push_back(to_json(c, now));
    context.out << ordered_json{{"certificates", std::move(list)}}.dump() << '\n';
    return;
  }
  table rows{{"NAME", "STATUS", "ISSUED", "EXPIRES", "REVOKED", "SERIAL"}, 1};
  for (const auto& c : all) {
    const bool known = c.issued != time_point{};
    rows.add({c.name, status_of(c, now), known ? relative_time(c.issued, now) : "",
              known ? relative_time(c.expires, now) : "", c.revoked ? relative_time(*c.revoked, now) : "", c.serial});
  }
  rows.flush(context.out, palette{context});
}

result<std::vector<issued_certificate>> issue_one(cert_options o, program_context& context) {
  if (o.bundle.empty())
    o.bundle = o.name + ".bundle";
  const auto valid = o.valid.count() > 0 ? o.valid : certificate_valid_default;
  auto made = issue_bundle(o.directory, o.name, valid, o.bundle, context.now());
  if (!made)
    return std::move(made).err();
  context.err << "wrote " << o.bundle.string() << "; on the worker's machine:\n  callboard worker --bundle "
              << o.bundle.filename().string() << " --join HOST:PORT\n";
  return std::vector{std::move(*made)};
}

result<std::vector<issued_certificate>> act(const cert_options& o, program_context& context) {
  using enum cert_options::action;
  switch (o.wanted) {
  case init:
    if (auto made = make_authority(o.directory, context.now()); !made)
      return std::move(made).err();
    context.err << "made an authority in " << o.directory.string() << '\n';
    return issued_certificates(o.directory);
  case issue:
    return issue_one(o, context);
  case list:
    return issued_certificates(o.directory);
  case revoke: {
    auto gone = revoke_certificates(o.directory, o.name, context.now());
    if (gone)
      context.err << "nobody joins with these any more; a worker that is connected stays until it is drained\n";
    return gone;
  }
  }
  return error{ec::internal_error, "no such action"};
}

const char* act_name(cert_options::action a) {
  using enum cert_options::action;
  return a == init ? "cert.init" : a == issue ? "cert.issue" : "cert.revoke";
}

/// The serial numbers of what was issued or revoked.
std::string serials_of(const std::vector<issued_certificate>& all) {
  auto list = ordered_json::array();
  for (const auto& c : all)
    list.push_back(c.serial);
  return ordered_json{{"serials", std::move(list)}}.dump();
}

/// Works between two records of the audit log of the scheduler that has this authority, whether it runs or not.
result<std::vector<issued_certificate>> act_recorded(const cert_options& o, program_context& context) {
  audit_writer log{o.audit.directory, o.audit.bounds};
  audit_record r;
  r.act = act_name(o.wanted);
  r.target = o.name;
  r.actor = {"local", "callboard cert", actor_name(context, o.as)};
  auto begun = log.append({&r, 1}, context.now());
  if (!begun && o.audit_or_refuse)
    return error{ec::internal_error,
                 "nothing was done: the audit log cannot be written (audit.on_failure is refuse): " +
                   begun.err().message};
  auto made = act(o, context);
  r.intent = begun ? r.sequence : 0;
  r.at = {};
  if (made)
    r.after = serials_of(*made);
  r.outcome = made ? audit_outcome{200, {}}
                   : audit_outcome{http_status(made.err().code), std::string{to_string(made.err().code)}};
  if (auto ok = log.append({&r, 1}, context.now()); !ok)
    context.err << "callboard: the audit log cannot be written: " << ok.err().message << '\n';
  return made;
}

result<std::vector<issued_certificate>> act_and_record(const cert_options& o, program_context& context) {
  if (o.wanted == cert_options::action::list)
    return act(o, context);
  std::error_code ignored;
  if (std::filesystem::is_directory(o.data, ignored) || std::filesystem::is_directory(o.audit.directory, ignored))
    return act_recorded(o, context);
  context.err << "callboard: not in an audit log: there is no data directory " << o.data.string()
              << " (--data names another one)\n";
  return act(o, context);
}

} // namespace

int run_cert(const cert_options& o, program_context& context) {
  auto certificates = act_and_record(o, context);
  if (!certificates) {
    context.err << "callboard: " << certificates.err().message << '\n';
    return code_of(certificates.err());
  }
  print(*certificates, o, context);
  return exit_ok;
}

} // namespace callboard
