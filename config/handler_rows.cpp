#include "config/setting_rows.hpp"

namespace callboard {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

void add_mail(row_maker m) {
  using x = smtp_settings;
  constexpr auto h = &settings::handlers;
  constexpr auto in = &handler_settings::smtp;
  m.needed("handlers.smtp.host", ref<h, in, &x::host>(), "The mail server.");
  m.count("handlers.smtp.port", ref<h, in, &x::port>(), 1, 65'535, "port", "Its port.");
  m.choice("handlers.smtp.security", ref<h, in, &x::security>(), {"none", "starttls", "tls"},
           "How the connection is encrypted.");
  m.text("handlers.smtp.username", ref<h, in, &x::username>(), "Login; empty: none.");
  m.secret("handlers.smtp.password", ref<h, in, &x::password>(), "Its password.");
  m.needed("handlers.smtp.from", ref<h, in, &x::from>(), "The sender when a payload names none.");
  m.text("handlers.smtp.ca_file", ref<h, in, &x::ca_file>(), "Trusted certificates instead of the system's.");
  m.flag("handlers.smtp.verify", ref<h, in, &x::verify>(), "Check the server's certificate.");
  m.time("handlers.smtp.timeout", ref<h, in, &x::timeout>(), milliseconds{10}, hours{1},
         "Time for the whole delivery.");
}

void add_uploads(row_maker m) {
  constexpr auto h = &settings::handlers;
  constexpr auto s3 = &handler_settings::s3;
  constexpr auto sftp = &handler_settings::sftp;
  constexpr auto files = &handler_settings::files;
  m.url("handlers.s3.endpoint", ref<h, s3, &s3_settings::endpoint>(),
        "The service, as https://host[:port]; empty: uploads to S3 are refused.");
  m.needed("handlers.s3.region", ref<h, s3, &s3_settings::region>(), "Its region.");
  m.text("handlers.s3.access_key", ref<h, s3, &s3_settings::access_key>(), "The access key's id.");
  m.secret("handlers.s3.secret_key", ref<h, s3, &s3_settings::secret_key>(), "The access key itself.");
  m.text("handlers.sftp.username", ref<h, sftp, &sftp_settings::username>(), "Login of SFTP uploads.");
  m.text("handlers.sftp.private_key_file", ref<h, sftp, &sftp_settings::private_key_file>(),
         "Private key; empty: the password is used.");
  m.secret("handlers.sftp.password", ref<h, sftp, &sftp_settings::password>(),
           "Password of the login, or of the private key.");
  m.text("handlers.sftp.known_hosts_file", ref<h, sftp, &sftp_settings::known_hosts_file>(),
         "The hosts that are trusted; without it SFTP uploads are refused.");
  m.list("handlers.files.read_directories", ref<h, files, &file_settings::read_directories>(),
         "Files that jobs read must lie below one of these directories; empty: none may be read.");
  m.list("handlers.files.write_directories", ref<h, files, &file_settings::write_directories>(),
         "Files that jobs write must lie below one of these directories; empty: none may be written.");
}

void add_programs(row_maker m) {
  constexpr auto h = &settings::handlers;
  constexpr auto http = &handler_settings::http;
  constexpr auto exec = &handler_settings::exec;
  constexpr auto data = &handler_settings::data;
  m.bytes("handlers.http.response_bytes_max", ref<h, http, &http_client_settings::response_bytes_max>(), 0, gib,
          "Bytes of an answer that are kept in the result.");
  m.time("handlers.http.connect_timeout", ref<h, http, &http_client_settings::connect_timeout>(), milliseconds{10},
         hours{1}, "Time to connect.");
  m.count("handlers.http.redirects_max", ref<h, http, &http_client_settings::redirects_max>(), 0, 100, "redirects",
          "Redirects that are followed; 0: none.");
  m.time("handlers.http.retry_after_max", ref<h, http, &http_client_settings::retry_after_max>(), duration{0},
         hours{24 * 366}, "The longest wait that an answer's Retry-After may ask for; 0: the field is ignored.");
  m.text("handlers.http.ca_file", ref<h, http, &http_client_settings::ca_file>(),
         "Trusted certificates instead of the system's.");
  m.flag("handlers.http.allow_private", ref<h, http, &http_client_settings::allow_private>(),
         "Whether jobs may reach loopback, link-local and private addresses.");
  m.flag("handlers.exec.enabled", ref<h, exec, &exec_settings::enabled>(), "Whether jobs may run programs.");
  m.list("handlers.exec.allowed_programs", ref<h, exec, &exec_settings::allowed_programs>(),
         "Absolute paths of the programs that may be run; empty: any.");
  m.bytes("handlers.exec.output_bytes_max", ref<h, exec, &exec_settings::output_bytes_max>(), 0, gib,
          "Last bytes of standard output, and of standard error, that are kept in the result.");
  m.flag("handlers.exec.log_output", ref<h, exec, &exec_settings::log_output>(),
         "Whether the lines that programs write are lines of their attempt's log, which can be followed.");
  m.needed(
    "handlers.exec.cgroup", ref<h, exec, &exec_settings::cgroup>(),
    "Where a worker makes cgroups (version 2) for programs that reserve memory or CPU: \"auto\" for the one that "
    "it is started in, a directory below /sys/fs/cgroup, or \"off\".");
  m.bytes("handlers.data.input_bytes_max", ref<h, data, &data_settings::input_bytes_max>(), 1, tib,
          "Largest input file.");
  m.bytes("handlers.data.memory_bytes_max", ref<h, data, &data_settings::memory_bytes_max>(), mib, tib,
          "Memory of a query; beyond it a temporary file is used.");
}

} // namespace

void add_handler_rows(row_maker m) {
  add_mail(m);
  add_uploads(m);
  add_programs(m);
}

} // namespace callboard
