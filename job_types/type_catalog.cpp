#include "job_types/type_catalog.hpp"

#include "core/base/name.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "files/read_file.hpp"
#include "job_types/text_codec.hpp"

namespace callboard {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

error located(const type_description& d, ec code, const std::string& why) {
  return {code, "job type " + d.name + ": " + why, d.name};
}

/// A summary for lists, from the schema's own words.
std::string description_in(const std::string& schema) {
  const auto parsed = json::parse(schema, nullptr, false);
  if (const auto text = parsed.find("description"); parsed.is_object() && text != parsed.end() && text->is_string())
    return text->get<std::string>();
  return {};
}

error bad_directory(const std::string& why) {
  return {ec::invalid_value, "jobs.types_directory: " + why, "jobs.types_directory"};
}

} // namespace

result<std::vector<type_description>> read_types_directory(const std::string& directory, uint64_t schema_bytes_max) {
  std::error_code code;
  std::vector<fs::path> files;
  for (fs::directory_iterator i{directory, code}, end; !code && i != end; i.increment(code))
    if (i->path().extension() == ".json")
      files.push_back(i->path());
  if (code)
    return bad_directory(directory + ": " + code.message());
  std::sort(files.begin(), files.end());
  std::vector<type_description> found;
  for (const auto& file : files) {
    type_description d;
    d.name = file.stem().string();
    if (!is_name(name_kind::job_type, d.name))
      return bad_directory(file.string() + ": " + name_rule(name_kind::job_type));
    auto schema = read_file(file, schema_bytes_max);
    if (!schema)
      return bad_directory(schema.err().message +
                           (schema.err().code == ec::out_of_range ? " (jobs.schema_bytes_max)" : ""));
    d.schema = std::move(*schema);
    // Nothing said would be everything allowed, which is {}; an empty file is more likely a mistake.
    if (d.schema.find_first_not_of(" \t\r\n") == std::string::npos)
      return bad_directory(file.string() + " is empty; {} accepts every payload");
    d.summary = description_in(d.schema);
    found.push_back(std::move(d));
  }
  return found;
}

const std::string& type_catalog::entry::schema() const {
  static const std::string none;
  if (registered && !registered->schema.empty())
    return registered->schema;
  return declared ? declared->schema : none;
}

type_catalog::type_catalog(limits l) : limits_(l), published_(std::make_shared<const payload_validator>()) {
}

result<done> type_catalog::check(const type_description& d) const {
  if (!is_name(name_kind::job_type, d.name))
    return error{ec::invalid_value, name_rule(name_kind::job_type), "types"};
  if (d.schema.size() > limits_.schema_bytes_max)
    return located(d, ec::invalid_value,
                   "its schema has " + std::to_string(d.schema.size()) + " bytes; at most " +
                     std::to_string(limits_.schema_bytes_max) + " are allowed (jobs.schema_bytes_max)");
  return done{};
}

result<done> type_catalog::declare(type_description d) {
  const std::scoped_lock lock{offering_, change_};
  if (auto ok = check(d); !ok)
    return ok;
  if (auto ok = compiled_.set(d.name, d.schema); !ok)
    return located(d, ec::invalid_value, "its schema cannot be used: " + ok.err().message);
  auto& e = entries_[d.name];
  e.declared = std::move(d);
  publish();
  return done{};
}

result<std::vector<std::string>> type_catalog::offer(const std::vector<type_description>& types, bool again) {
  const std::lock_guard one_at_a_time{offering_};
  // Only who holds `offering_` changes these two, so that they may be read here without the other lock.
  const auto is_news = [&](const type_description& d) {
    const auto known = entries_.find(d.name);
    return known == entries_.end() || (!again && known->second.registered != d);
  };
  // The usual case: another worker of the same program.
  if (std::none_of(types.begin(), types.end(), is_news))
    return std::vector<std::string>{};
  // On copies, which take over when everything is good.
  auto entries = entries_;
  payload_validator compiled{compiled_};
  std::vector<std::string> changes;
  for (auto d : types) {
    if (auto ok = check(d); !ok)
      return std::move(ok).err();
    const auto known = entries.find(d.name);
    if (known != entries.end() && again)
      continue;
    if (known == entries.end() && entries.size() >= limits_.types_max)
      return located(d, ec::out_of_range,
                     "the limit of " + std::to_string(limits_.types_max) + " job types (jobs.types_max) is reached");
    auto& e = known != entries.end() ? known->second : entries[d.name];
    const bool fresh = !e.declared && !e.registered;
    const std::string before = e.schema();
    // What it says nothing about stays as it is; what only repeats the declaration stays the declaration's.
    if (d.schema.empty() && e.registered && !(e.declared && e.declared->schema == e.registered->schema))
      d.schema = e.registered->schema;
    e.registered = d;
    if (!fresh && e.schema() == before)
      continue;
    if (auto ok = compiled.set(d.name, e.schema()); !ok)
      return located(d, ec::invalid_value, "its schema cannot be used: " + ok.err().message);
    if (!fresh)
      changes.push_back("payloads of job type " + d.name + " follow another schema from now on, that of its version " +
                        d.version);
  }
  const std::lock_guard lock{change_};
  entries_ = std::move(entries);
  compiled_ = std::move(compiled);
  publish();
  return changes;
}

std::optional<std::string> type_catalog::record(std::string_view name) const {
  const std::lock_guard lock{change_};
  const auto found = entries_.find(name);
  if (found == entries_.end() || !found->second.registered || found->second.registered == found->second.declared)
    return std::nullopt;
  const auto& d = *found->second.registered;
  return to_json_text(json{{"version", d.version}, {"summary", d.summary}, {"schema", d.schema}});
}

result<done> type_catalog::restore(std::string name, std::string_view record) {
  const std::scoped_lock lock{offering_, change_};
  type_description d;
  d.name = std::move(name);
  try {
    const auto fields = json::parse(record);
    d.version = fields.at("version").get<std::string>();
    d.summary = fields.at("summary").get<std::string>();
    d.schema = fields.at("schema").get<std::string>();
  } catch (const json::exception& e) {
    return located(d, ec::corrupt_record, e.what());
  }
  const auto known = entries_.find(d.name);
  if (known != entries_.end() && known->second.registered)
    return done{};
  auto e = known != entries_.end() ? known->second : entry{};
  e.registered = d;
  if (auto ok = compiled_.set(d.name, e.schema()); !ok)
    return located(d, ec::corrupt_record, "its schema cannot be used: " + ok.err().message);
  entries_[d.name] = std::move(e);
  publish();
  return done{};
}

std::shared_ptr<const payload_validator> type_catalog::validator() const {
  const std::lock_guard lock{read_};
  return published_;
}

void type_catalog::publish() {
  auto next = std::make_shared<const payload_validator>(compiled_);
  const std::lock_guard lock{read_};
  published_.swap(next);
}

} // namespace callboard
