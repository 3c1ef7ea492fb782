#include "tests/storage/power_loss.hpp"

#include "tests/storage/power_loss_model.hpp"

#include <rocksdb/file_system.h>
#include <rocksdb/system_clock.h>

namespace callboard::test {

namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using model_pointer = std::shared_ptr<disk_model>;

/// Writes to the real file and to the model. A real sync would only cost time.
class modelled_file final : public rocksdb::FSWritableFileOwnerWrapper {
public:
  modelled_file(std::unique_ptr<rocksdb::FSWritableFile>&& file, disk_node::pointer node, model_pointer model)
    : FSWritableFileOwnerWrapper(std::move(file)), node_(std::move(node)), model_(std::move(model)) {
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& o, IODebugContext* dbg) override {
    return model_->change_bytes([&] {
      auto s = FSWritableFileOwnerWrapper::Append(data, o, dbg);
      if (s.ok())
        node_->bytes.append(data.data(), data.size());
      return s;
    });
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& o, const rocksdb::DataVerificationInfo&,
                  IODebugContext* dbg) override {
    return Append(data, o, dbg);
  }
  IOStatus PositionedAppend(const rocksdb::Slice&, uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::NotSupported("the model knows no direct writes");
  }
  IOStatus PositionedAppend(const rocksdb::Slice&, uint64_t, const IOOptions&, const rocksdb::DataVerificationInfo&,
                            IODebugContext*) override {
    return IOStatus::NotSupported("the model knows no direct writes");
  }
  IOStatus Truncate(uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::NotSupported("the model knows appending only");
  }
  /// Begins to write and waits for nothing: promises nothing.
  IOStatus RangeSync(uint64_t, uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    return model_->sync(*node_);
  }
  IOStatus Fsync(const IOOptions& o, IODebugContext* dbg) override {
    return Sync(o, dbg);
  }

private:
  disk_node::pointer node_;
  model_pointer model_;
};

/// A file that exists, opened to be synced.
class file_to_sync final : public rocksdb::FSRandomRWFileOwnerWrapper {
public:
  file_to_sync(std::unique_ptr<rocksdb::FSRandomRWFile>&& file, disk_node::pointer node, model_pointer model)
    : FSRandomRWFileOwnerWrapper(std::move(file)), node_(std::move(node)), model_(std::move(model)) {
  }
  IOStatus Write(uint64_t, const rocksdb::Slice&, const IOOptions&, IODebugContext*) override {
    return IOStatus::NotSupported("the model knows appending only");
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    return model_->sync(*node_);
  }
  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    return model_->sync(*node_);
  }

private:
  disk_node::pointer node_;
  model_pointer model_;
};

class modelled_directory final : public rocksdb::FSDirectoryWrapper {
public:
  modelled_directory(std::unique_ptr<rocksdb::FSDirectory>&& d, std::string path, model_pointer model)
    : FSDirectoryWrapper(std::move(d)), path_(std::move(path)), model_(std::move(model)) {
  }
  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    return model_->change_bytes([&] {
      model_->sync_directory(path_);
      return IOStatus::OK();
    });
  }
  IOStatus FsyncWithDirOptions(const IOOptions& o, IODebugContext* dbg, const rocksdb::DirFsyncOptions&) override {
    return Fsync(o, dbg);
  }

private:
  std::string path_;
  model_pointer model_;
};

class modelled_file_system final : public rocksdb::FileSystemWrapper {
public:
  explicit modelled_file_system(model_pointer model)
    : FileSystemWrapper(rocksdb::FileSystem::Default()), model_(std::move(model)) {
  }
  const char* Name() const override {
    return "modelled_file_system";
  }
  IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& o,
                           std::unique_ptr<rocksdb::FSWritableFile>* out, IODebugContext* dbg) override {
    return model_->change_names([&] {
      std::unique_ptr<rocksdb::FSWritableFile> file;
      auto s = FileSystemWrapper::NewWritableFile(name, o, &file, dbg);
      if (s.ok())
        *out = std::make_unique<modelled_file>(std::move(file), model_->add(name, false), model_);
      return s;
    });
  }
  IOStatus ReopenWritableFile(const std::string&, const rocksdb::FileOptions&,
                              std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) override {
    return IOStatus::NotSupported("the model knows new files only");
  }
  IOStatus ReuseWritableFile(const std::string&, const std::string&, const rocksdb::FileOptions&,
                             std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) override {
    return IOStatus::NotSupported("the model knows no recycling");
  }
  IOStatus NewRandomRWFile(const std::string& name, const rocksdb::FileOptions& o,
                           std::unique_ptr<rocksdb::FSRandomRWFile>* out, IODebugContext* dbg) override {
    std::lock_guard lock{model_->mutex};
    std::unique_ptr<rocksdb::FSRandomRWFile> file;
    auto s = FileSystemWrapper::NewRandomRWFile(name, o, &file, dbg);
    if (auto node = model_->find(name); s.ok() && node)
      *out = std::make_unique<file_to_sync>(std::move(file), std::move(node), model_);
    else if (s.ok())
      *out = std::move(file); // not ours
    return s;
  }
  IOStatus Truncate(const std::string&, size_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::NotSupported("the model knows appending only");
  }
  IOStatus NewDirectory(const std::string& name, const IOOptions& o, std::unique_ptr<rocksdb::FSDirectory>* out,
                        IODebugContext* dbg) override {
    std::unique_ptr<rocksdb::FSDirectory> d;
    auto s = FileSystemWrapper::NewDirectory(name, o, &d, dbg);
    if (s.ok())
      *out = std::make_unique<modelled_directory>(std::move(d), name, model_);
    return s;
  }
  IOStatus CreateDir(const std::string& name, const IOOptions& o, IODebugContext* dbg) override {
    return model_->change_names([&] {
      auto s = FileSystemWrapper::CreateDir(name, o, dbg);
      if (s.ok())
        model_->add(name, true);
      return s;
    });
  }
  IOStatus CreateDirIfMissing(const std::string& name, const IOOptions& o, IODebugContext* dbg) override {
    return model_->change_names([&] {
      auto s = FileSystemWrapper::CreateDirIfMissing(name, o, dbg);
      if (s.ok() && !model_->find(name))
        model_->add(name, true);
      return s;
    });
  }
  IOStatus DeleteDir(const std::string& name, const IOOptions& o, IODebugContext* dbg) override {
    return model_->change_names([&] {
      auto s = FileSystemWrapper::DeleteDir(name, o, dbg);
      if (s.ok())
        model_->set_name(name, nullptr);
      return s;
    });
  }
  IOStatus DeleteFile(const std::string& name, const IOOptions& o, IODebugContext* dbg) override {
    return model_->change_names([&] {
      auto s = FileSystemWrapper::DeleteFile(name, o, dbg);
      if (s.ok() && model_->find(name))
        model_->set_name(name, nullptr);
      return s;
    });
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& o,
                      IODebugContext* dbg) override {
    return model_->change_names([&] {
      auto s = FileSystemWrapper::RenameFile(from, to, o, dbg);
      if (s.ok())
        model_->rename(from, to);
      return s;
    });
  }
  IOStatus LinkFile(const std::string& from, const std::string& to, const IOOptions& o, IODebugContext* dbg) override {
    return model_->change_names([&] {
      auto s = FileSystemWrapper::LinkFile(from, to, o, dbg);
      if (auto node = model_->find(from); s.ok() && node)
        model_->set_name(to, std::move(node));
      return s;
    });
  }

private:
  model_pointer model_;
};

/// After an error RocksDB's threads sleep for a second. On a disk that is cut nothing gets better by that.
class clock_of_disk final : public rocksdb::SystemClockWrapper {
public:
  explicit clock_of_disk(model_pointer model)
    : SystemClockWrapper(rocksdb::SystemClock::Default()), model_(std::move(model)) {
  }
  const char* Name() const override {
    return "clock_of_disk";
  }
  void SleepForMicroseconds(int micros) override {
    if (!model_->is_cut())
      SystemClockWrapper::SleepForMicroseconds(micros);
  }

private:
  model_pointer model_;
};

class modelled_env final : public rocksdb::EnvWrapper {
public:
  explicit modelled_env(const model_pointer& model)
    : EnvWrapper(rocksdb::NewCompositeEnv(std::make_shared<modelled_file_system>(model))) {
    file_system_ = target()->GetFileSystem();
    system_clock_ = std::make_shared<clock_of_disk>(model);
  }
  const char* Name() const override {
    return "modelled_env";
  }
};

} // namespace

power_loss_disk::power_loss_disk(const std::string& root)
  : model_(std::make_shared<disk_model>(root)), env_(std::make_unique<modelled_env>(model_)) {
}

power_loss_disk::~power_loss_disk() = default;

std::string power_loss_disk::operator/(const std::string& name) const {
  return model_->root + "/" + name;
}

void power_loss_disk::cut() {
  cut_after(0);
}

void power_loss_disk::cut_after(uint64_t changes) {
  std::lock_guard lock{model_->mutex};
  model_->changes_left = changes;
}

bool power_loss_disk::is_cut() const {
  return model_->is_cut();
}

void power_loss_disk::fail_syncs(bool fail) {
  std::lock_guard lock{model_->mutex};
  model_->syncs_fail = fail;
}

void power_loss_disk::end_process() {
  std::lock_guard lock{model_->mutex};
  model_->changes_left = disk_model::no_end;
}

void power_loss_disk::lose_power(leftovers left, std::mt19937_64& random) {
  std::lock_guard lock{model_->mutex};
  model_->lose_power(left, random);
  model_->changes_left = disk_model::no_end;
}

} // namespace callboard::test
