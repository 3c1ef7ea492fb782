#include "storage/synced_names.hpp"

#include <filesystem>
#include <memory>
#include <vector>

namespace callboard {

namespace {

namespace fs = std::filesystem;

/// The directory that this is in.
fs::path above(const std::string& path) {
  auto p = fs::path{path}.lexically_normal();
  if (!p.has_filename()) // a slash at its end
    p = p.parent_path();
  const auto parent = p.parent_path();
  return parent.empty() ? fs::path{"."} : parent;
}

error cannot_sync(const std::string& path, const rocksdb::Status& s) {
  return error{ec::storage_unavailable, "cannot sync '" + path + "': " + s.ToString()};
}

} // namespace

result<done> sync_name(rocksdb::Env& env, const std::string& path) {
  const auto directory = above(path).string();
  std::unique_ptr<rocksdb::Directory> names;
  auto s = env.NewDirectory(directory, &names);
  if (s.ok())
    s = names->Fsync();
  return s.ok() ? result<done>{done{}} : cannot_sync(directory, s);
}

result<done> make_directories(rocksdb::Env& env, const std::string& path) {
  std::error_code failure;
  if (fs::is_directory(path, failure))
    return done{};
  // From above: when the process is killed half way, one name at most is not synced.
  if (const auto parent = above(path).string(); parent != path)
    if (auto r = make_directories(env, parent); !r)
      return error{ec::storage_unavailable, "cannot create the directory " + path + ": " + r.err().message};
  if (fs::create_directory(path, failure); failure)
    return error{ec::storage_unavailable, "cannot create the directory " + path + ": " + failure.message()};
  return sync_name(env, path);
}

result<done> sync_logs(rocksdb::Env& env, const std::string& directory) {
  std::vector<std::string> names;
  if (auto s = env.GetChildren(directory, &names); !s.ok())
    return cannot_sync(directory, s);
  for (const auto& name : names) {
    if (!name.ends_with(".log"))
      continue;
    const auto path = (fs::path{directory} / name).string();
    // Opened so that nothing is made or changed: a process that has no right to the store yet does no harm.
    std::unique_ptr<rocksdb::RandomRWFile> log;
    auto s = env.NewRandomRWFile(path, &log, rocksdb::EnvOptions{});
    if (s.ok())
      s = log->Sync();
    if (s.ok())
      s = log->Close();
    if (!s.ok())
      return cannot_sync(path, s);
  }
  return done{};
}

} // namespace callboard
