#include "pki/cluster_authority.hpp"

#include "core/base/name.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

#include "files/file_lock.hpp"
#include "files/read_file.hpp"
#include "files/write_file.hpp"
#include "pki/certificate.hpp"

namespace callboard {

namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;
using std::chrono::seconds;

constexpr size_t serial_digits = 32;
constexpr int issued_format = 1;
constexpr std::chrono::days valid_max{3650};
/// The scheduler's own certificate is replaced at a start when it would end within this time.
constexpr std::chrono::days renewed_before{30};

struct authority {
  cert_ptr cert;
  key_ptr key;
  certificate_signer signer() const {
    return {cert.get(), key.get()};
  }
};

/// Of what this directory holds: nobody but its owner reads keys, and the certificates go with them.
constexpr mode_t secret_mode = 0600;

result<done> replace_secret_file(const fs::path& file, const std::string& content) {
  return replace_file(file, content, secret_mode);
}

/// People at two keyboards take turns.
result<file_lock> hold(const fs::path& d) {
  return file_lock::lock(d / "lock", "a change of certificates");
}

bool is_serial(const std::string& text) {
  return text.size() == serial_digits && text.find_first_not_of("0123456789ABCDEF") == std::string::npos;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
  return text;
}

result<authority> open_authority(const fs::path& d) {
  authority a{read_certificate(d / authority_file::ca), read_key(d / authority_file::ca_key)};
  if (!a.cert || !a.key)
    return error{ec::not_found, d.string() + " has no authority (" + (a.cert ? "ca.key" : "ca.pem") +
                                  " cannot be read); `callboard cert init` makes one"};
  if (X509_check_private_key(a.cert.get(), a.key.get()) != 1)
    return error{ec::internal_error, d.string() + ": ca.key does not belong to ca.pem"};
  return a;
}

result<std::vector<issued_certificate>> read_issued(const fs::path& d) {
  const auto file = d / authority_file::issued;
  std::vector<issued_certificate> out;
  const auto text = read_file(file);
  if (!text && text.err().code == ec::not_found)
    return out;
  if (!text)
    return text.err();
  try {
    const auto all = ordered_json::parse(*text);
    if (all.at("format").get<int>() != issued_format)
      return error{ec::wrong_version, file.string() + " was written by another version"};
    for (const auto& c : all.at("certificates"))
      out.push_back({c.at("name").get<std::string>(),
                     c.at("serial").get<std::string>(),
                     time_point{seconds{c.at("issued_unix_s").get<int64_t>()}},
                     time_point{seconds{c.at("expires_unix_s").get<int64_t>()}},
                     {}});
  } catch (const ordered_json::exception& e) {
    return error{ec::corrupt_record, file.string() + ": " + e.what()};
  }
  return out;
}

/// Whoever has a certificate is in the list: it is written before the certificate is given away.
result<done> record(const fs::path& d, const issued_certificate& added) {
  auto all = read_issued(d);
  if (!all)
    return std::move(all).err();
  all->push_back(added);
  ordered_json list = ordered_json::array();
  for (const auto& c : *all)
    list.push_back({{"name", c.name},
                    {"serial", c.serial},
                    {"issued_unix_s", std::chrono::floor<seconds>(c.issued).time_since_epoch().count()},
                    {"expires_unix_s", std::chrono::floor<seconds>(c.expires).time_since_epoch().count()}});
  return replace_secret_file(d / authority_file::issued,
                             ordered_json{{"format", issued_format}, {"certificates", list}}.dump(2) + "\n");
}

issued_certificate entry_of(const X509* cert, time_point issued) {
  return {name_of(cert), serial_of(cert), issued, valid_until(cert), {}};
}

result<done> write_crl(const fs::path& d, const authority& a, const std::vector<std::string>& serials, time_point now) {
  const auto before = read_crl(d / authority_file::crl);
  // A list that cannot be read must not be replaced by one that has forgotten everybody.
  if (!before && fs::exists(d / authority_file::crl))
    return error{ec::corrupt_record, (d / authority_file::crl).string() + " is no revocation list"};
  auto crl = make_crl(a.signer(), before.get(), serials, now);
  if (!crl)
    return std::move(crl).err();
  if (auto ok = replace_secret_file(d / authority_file::crl, to_pem(crl->get())); !ok)
    return ok;
  return refresh_trust(d, now);
}

bool is_revoked(X509_CRL* crl, const std::string& serial) {
  const auto all = revocations_of(crl);
  return std::any_of(all.begin(), all.end(), [&](const revocation& r) { return r.serial == serial; });
}

bool has_good_node(const fs::path& d, X509* ca, X509_CRL* crl, time_point now) {
  const auto cert = read_certificate(d / authority_file::node);
  const auto key = read_key(d / authority_file::node_key);
  return cert && key && X509_check_private_key(cert.get(), key.get()) == 1 && is_signed_by(cert.get(), ca) &&
         valid_until(cert.get()) > now + renewed_before && !(crl && is_revoked(crl, serial_of(cert.get())));
}

result<done> issue_node(const fs::path& d, const authority& a, time_point now) {
  auto key = make_key();
  if (!key)
    return std::move(key).err();
  auto cert = make_certificate(
    key->get(),
    {.name = scheduler_certificate_name, .use = certificate_use::scheduler, .now = now, .valid = authority_valid},
    a.signer());
  if (!cert)
    return std::move(cert).err();
  if (auto ok = record(d, entry_of(cert->get(), now)); !ok)
    return ok;
  if (auto ok = replace_secret_file(d / authority_file::node_key, to_pem(key->get())); !ok)
    return ok;
  return replace_secret_file(d / authority_file::node, to_pem(cert->get()));
}

result<done> make_directory(const fs::path& d) {
  std::error_code code;
  fs::create_directories(d, code);
  if (!code)
    fs::permissions(d, fs::perms::owner_all, code);
  if (code)
    return error{ec::internal_error, d.string() + ": " + code.message()};
  return done{};
}

/// The directory is held.
result<done> complete(const fs::path& d, time_point now) {
  if (!fs::exists(d / authority_file::ca)) {
    auto key = make_key();
    if (!key)
      return std::move(key).err();
    auto cert = make_certificate(
      key->get(),
      {.name = "Callboard cluster authority", .use = certificate_use::authority, .now = now, .valid = authority_valid});
    if (!cert)
      return std::move(cert).err();
    // The certificate last: without it the next call starts again.
    if (auto ok = replace_secret_file(d / authority_file::ca_key, to_pem(key->get())); !ok)
      return ok;
    if (auto ok = replace_secret_file(d / authority_file::ca, to_pem(cert->get())); !ok)
      return ok;
  }
  auto a = open_authority(d);
  if (!a)
    return std::move(a).err();
  if (!fs::exists(d / authority_file::crl))
    if (auto ok = write_crl(d, *a, {}, now); !ok)
      return ok;
  const auto crl = read_crl(d / authority_file::crl);
  if (!has_good_node(d, a->cert.get(), crl.get(), now))
    return issue_node(d, *a, now);
  // One that a release before the list made.
  auto all = read_issued(d);
  if (!all)
    return std::move(all).err();
  const auto node = read_certificate(d / authority_file::node);
  const auto serial = serial_of(node.get());
  if (std::none_of(all->begin(), all->end(), [&](const issued_certificate& c) { return c.serial == serial; }))
    return record(d, entry_of(node.get(), valid_from(node.get())));
  return done{};
}

} // namespace

result<done> make_authority(const fs::path& d, time_point now) {
  if (auto ok = make_directory(d); !ok)
    return ok;
  const auto held = hold(d);
  if (!held)
    return held.err();
  for (const auto* name : {authority_file::ca, authority_file::ca_key})
    if (fs::exists(d / name))
      return error{ec::invalid_state, (d / name).string() + " is there already; an authority is never overwritten"};
  return complete(d, now);
}

result<done> complete_authority(const fs::path& d, time_point now) {
  // Without its key an authority lives elsewhere, and this directory may be read-only.
  if (fs::exists(d / authority_file::ca) && !fs::exists(d / authority_file::ca_key))
    return done{};
  if (auto ok = make_directory(d); !ok)
    return ok;
  const auto held = hold(d);
  return held ? complete(d, now) : result<done>{held.err()};
}

result<issued_certificate> issue_bundle(const fs::path& d, const std::string& name, std::chrono::days valid,
                                        const fs::path& bundle, time_point now) {
  if (!is_name(name_kind::worker, name))
    return error{ec::invalid_value, name_rule(name_kind::worker), "name"};
  if (name == scheduler_certificate_name || is_serial(upper(name)))
    return error{ec::invalid_value, "\"" + name + "\" cannot be the name of a worker's certificate", "name"};
  if (valid.count() < 1 || valid > valid_max)
    return error{ec::out_of_range, "a certificate is good for 1 to " + std::to_string(valid_max.count()) + " days",
                 "days"};
  auto a = open_authority(d);
  if (!a)
    return std::move(a).err();
  const auto held = hold(d);
  if (!held)
    return held.err();
  if (std::error_code none; fs::exists(fs::symlink_status(bundle, none)))
    return error{ec::invalid_state, bundle.string() + " is there already"};
  auto key = make_key();
  if (!key)
    return std::move(key).err();
  auto cert = make_certificate(key->get(), {.name = name, .use = certificate_use::worker, .now = now, .valid = valid},
                               a->signer());
  if (!cert)
    return std::move(cert).err();
  const auto entry = entry_of(cert->get(), now);
  if (auto ok = record(d, entry); !ok)
    return std::move(ok).err();
  // The node's certificate first: of a file with several, that one is shown to peers.
  if (auto ok = write_new_file(bundle, to_pem(cert->get()) + to_pem(a->cert.get()) + to_pem(key->get()), secret_mode);
      !ok)
    return std::move(ok).err();
  return entry;
}

result<std::vector<issued_certificate>> issued_certificates(const fs::path& d) {
  if (!fs::exists(d / authority_file::ca))
    return error{ec::not_found, d.string() + " has no authority; `callboard cert init` makes one"};
  auto all = read_issued(d);
  if (!all)
    return all;
  const auto crl = read_crl(d / authority_file::crl);
  if (!crl)
    return all;
  for (const auto& r : revocations_of(crl.get())) {
    const auto found =
      std::find_if(all->begin(), all->end(), [&](const issued_certificate& c) { return c.serial == r.serial; });
    if (found != all->end())
      found->revoked = r.at;
    else
      all->push_back({"", r.serial, {}, {}, r.at});
  }
  return all;
}

result<std::vector<issued_certificate>> revoke_certificates(const fs::path& d, const std::string& name_or_serial,
                                                            time_point now) {
  auto a = open_authority(d);
  if (!a)
    return std::move(a).err();
  const auto held = hold(d);
  if (!held)
    return held.err();
  auto all = issued_certificates(d);
  if (!all)
    return all;
  const auto serial = upper(name_or_serial);
  std::vector<std::string> serials;
  for (const auto& c : *all)
    if (c.serial == serial || (c.name == name_or_serial && c.expires > now))
      serials.push_back(c.serial);
  if (serials.empty() && is_serial(serial))
    serials.push_back(serial);
  if (serials.empty())
    return error{ec::not_found, "no certificate was issued with the name or serial number " + name_or_serial};
  if (auto ok = write_crl(d, *a, serials, now); !ok)
    return std::move(ok).err();
  all = issued_certificates(d);
  if (all)
    std::erase_if(*all, [&](const issued_certificate& c) {
      return std::find(serials.begin(), serials.end(), c.serial) == serials.end();
    });
  return all;
}

result<done> refresh_trust(const fs::path& d, time_point now) {
  const auto ca = read_certificate(d / authority_file::ca);
  const auto crl = read_crl(d / authority_file::crl);
  const auto file = (d / authority_file::crl).string();
  if (!ca || !crl)
    return error{ec::invalid_value, (ca ? file : (d / authority_file::ca).string()) + " cannot be read"};
  if (!is_signed_by(crl.get(), ca.get()))
    return error{ec::invalid_value, file + " is not signed by ca.pem"};
  if (valid_until(crl.get()) < now)
    return error{ec::invalid_value, file + " has run out; no node could join"};
  const auto wanted = to_pem(ca.get()) + to_pem(crl.get());
  if (const auto before = read_file(d / authority_file::trust); before && *before == wanted)
    return done{};
  return replace_secret_file(d / authority_file::trust, wanted);
}

} // namespace callboard
