#include "storage/record_codec.hpp"
#include "tests/storage/records.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>

using namespace callboard;
using namespace callboard::test;

namespace {

std::string golden(const std::string& name) {
  std::ifstream in{std::string{CALLBOARD_GOLDEN_DIRECTORY} + "/" + name, std::ios::binary};
  REQUIRE(in.good());
  return {std::istreambuf_iterator<char>{in}, {}};
}

ec code_of(std::string_view bytes) {
  const auto rec = decode_record(bytes);
  return rec ? ec::none : rec.err().code;
}

// Where single bytes lie: of all formats, of formats 1 and 2, of format 3.
constexpr size_t version_byte = 0, state_byte = 9, priority_byte = 10, level_byte = 11, flags_byte = 12,
                 front_length_byte = 20;

} // namespace

TEST_CASE("a record comes back as it was written", "[record_codec]") {
  for (const auto& rec : {small_record(), full_record(), later_record(), job_record{}}) {
    const auto back = decode_record(encode_record(rec));
    REQUIRE(back);
    CHECK(same_stored(rec, *back));
  }
}

TEST_CASE("every state, backoff and durability comes back", "[record_codec]") {
  for (size_t s = 0; s < job_state_count; ++s)
    for (auto b : {backoff::fixed, backoff::linear, backoff::exponential})
      for (auto d : {durability::fsync, durability::os, durability::memory}) {
        auto rec = full_record();
        rec.state = static_cast<job_state>(s);
        rec.spec.retry.kind = b;
        rec.spec.level = d;
        const auto back = decode_record(encode_record(rec));
        REQUIRE(back);
        CHECK(same_stored(rec, *back));
      }
}

TEST_CASE("extreme numbers come back", "[record_codec]") {
  auto rec = full_record();
  rec.id = job_id{~uint64_t{0}};
  rec.created_at = time_point::min();
  rec.finished_at = time_point::max();
  rec.started_at = time_point::min();
  rec.spec.timeout = duration::min();
  rec.spec.retry.cap = duration::max();
  rec.retry_count = rec.loss_count = rec.attempt = rec.spec.max_retries = ~uint32_t{0};
  const auto back = decode_record(encode_record(rec));
  REQUIRE(back);
  CHECK(same_stored(rec, *back));
}

TEST_CASE("payload, progress and fence are not stored", "[record_codec]") {
  auto rec = full_record();
  const auto plain = encode_record(rec);
  rec.spec.payload = blob{"{\"to\":\"x\"}"};
  rec.progress_percent = 50;
  rec.progress_message = "half";
  rec.current_fence = fence_token{99};
  CHECK(encode_record(rec) == plain);
}

TEST_CASE("the index is what the record says", "[record_codec]") {
  const auto rec = full_record();
  const auto bytes = encode_record(rec);
  const auto f = decode_index(bytes);
  REQUIRE(f);
  CHECK(f->id == rec.id);
  CHECK(f->state == rec.state);
  CHECK(f->priority == 9);
  CHECK(f->level == durability::os);
  CHECK(f->created_at == rec.created_at);
  CHECK(f->schedule_at == rec.spec.schedule_at);
  CHECK(f->deadline == rec.spec.deadline);
  CHECK(f->retry_at == rec.retry_at);
  CHECK(f->retry_count == 3);
  CHECK(f->loss_count == 2);
  CHECK(f->attempt == 5);
  CHECK(f->type == "data_processing");
  CHECK(f->queue == "reports");
  CHECK(f->idempotency_key == "order-4711");
  CHECK(f->waits_for.jobs == rec.spec.dependencies);
  CHECK(f->waits_for.rule == rec.spec.rule);
  CHECK(f->concurrency_key.empty());
  const auto later = encode_record(later_record());
  CHECK(decode_index(later)->concurrency_key == "customer 42");
  CHECK(decode_index(later)->payload_bytes == 70'000);
  CHECK(decode_index(later)->of_workflow);
}

TEST_CASE("golden files of format 1 decode", "[record_codec][golden]") {
  const auto [name, rec] =
    GENERATE(std::pair{"small_v1.bin", small_record()}, std::pair{"full_v1.bin", full_record_v1()});
  const auto back = decode_record(golden(name));
  REQUIRE(back);
  CHECK(same_stored(rec, *back));
}

TEST_CASE("a request for resources that placement could not rely on is corrupt_record", "[record_codec]") {
  const auto code_with = [](resource_request r) {
    auto rec = full_record();
    rec.spec.resources = std::move(r);
    return code_of(encode_record(rec));
  };
  CHECK(code_with({1, 0, 0, {{"a", 1}, {"b", 1}}, {}}) == ec::none);
  CHECK(code_with({0, 0, 0, {}, {}}) == ec::corrupt_record);
  CHECK(code_with({1, 0, 0, {{"b", 1}, {"a", 1}}, {}}) == ec::corrupt_record);
  CHECK(code_with({1, 0, 0, {{"a", 1}, {"a", 1}}, {}}) == ec::corrupt_record);
  CHECK(code_with({1, 0, 0, {}, {{"z", ""}, {"y", ""}}}) == ec::corrupt_record);
}

TEST_CASE("the index of a record knows what the job asks for", "[record_codec]") {
  const auto bytes = encode_record(full_record());
  CHECK(decode_index(bytes)->resources == full_record().spec.resources);
  const auto plain = encode_record(small_record());
  CHECK(decode_index(plain)->resources.is_plain());
}

TEST_CASE("golden files of format 2 decode", "[record_codec][golden]") {
  const auto [name, rec] = GENERATE(std::pair{"small_v2.bin", small_record()}, std::pair{"full_v2.bin", full_record()});
  const auto back = decode_record(golden(name));
  REQUIRE(back);
  CHECK(same_stored(rec, *back));
  const auto index = decode_index(golden(name));
  REQUIRE(index);
  CHECK(index->waits_for.jobs == rec.spec.dependencies);
  CHECK(index->resources == rec.spec.resources);
}

TEST_CASE("conditions of dependencies are stored, and those of plain ones cost nothing", "[record_codec]") {
  auto rec = full_record();
  rec.spec.dependencies = {job_id{7}, job_id{8}};
  const auto plain = encode_record(rec).size();
  rec.spec.rule = dependency_rule::none_failed;
  CHECK(encode_record(rec).size() <= plain + 6); // tag, length, rule, one byte each; the length of the front may grow
  for (auto on : {dependency_condition::success, dependency_condition::failure, dependency_condition::finished,
                  dependency_condition::started})
    for (auto ended :
         {job_ending::open, job_ending::completed, job_ending::failed, job_ending::cancelled, job_ending::skipped})
      for (bool began : {false, true}) {
        rec.spec.dependencies[1] = {job_id{8}, on};
        rec.spec.dependencies[1].ended = ended;
        rec.spec.dependencies[1].began = began;
        const auto bytes = encode_record(rec);
        const auto back = decode_record(bytes);
        REQUIRE(back);
        CHECK(back->spec.dependencies == rec.spec.dependencies);
        CHECK(back->spec.rule == rec.spec.rule);
        CHECK(decode_index(bytes)->waits_for.jobs == rec.spec.dependencies);
      }
}

TEST_CASE("golden files of format 3 decode, and are written the same today", "[record_codec][golden]") {
  const auto [name, rec] = GENERATE(std::pair{"small_v3.bin", small_record()}, std::pair{"full_v3.bin", full_record()},
                                    std::pair{"later_v3.bin", later_record()});
  const auto bytes = golden(name);
  const auto back = decode_record(bytes);
  REQUIRE(back);
  CHECK(same_stored(rec, *back));
  CHECK(encode_record(rec) == bytes);
}

TEST_CASE("a record of an old format is written anew in the present one", "[record_codec][golden]") {
  for (const auto* name : {"small_v1.bin", "full_v1.bin", "small_v2.bin", "full_v2.bin"}) {
    const auto before = decode_record(golden(name));
    REQUIRE(before);
    const auto bytes = encode_record(*before);
    CHECK(bytes[0] == record_format);
    const auto after = decode_record(bytes);
    REQUIRE(after);
    CHECK(same_stored(*before, *after));
  }
}

TEST_CASE("a section is only there for what a new job does not have", "[record_codec]") {
  auto rec = small_record();
  const auto plain = encode_record(rec).size();
  rec.spec.timeout = std::chrono::seconds{301};
  CHECK(encode_record(rec).size() > plain);
}

TEST_CASE("each field that came later has a section of its own, and only when it is set", "[record_codec]") {
  using change = void (*)(job_record&);
  struct row {
    uint8_t tag;
    change set;
  };
  const row rows[] = {
    {17, [](job_record& r) { r.spec.concurrency_key = "k"; }},
    {19, [](job_record& r) { r.spec.on_miss = deadline_action::cancel; }},
    {21,
     [](job_record& r) {
       r.spec.workflow = workflow_part{"w", "", "", false};
     }},
    {23,
     [](job_record& r) {
       r.spec.hold = job_hold{true, at(5), "why"};
     }},
    {23,
     [](job_record& r) {
       r.spec.hold = job_hold{false, at(5), ""};
     }},
    {23,
     [](job_record& r) {
       r.spec.retry.rules = {{"A", failure_action::retry, duration{0}}};
     }},
    {25, [](job_record& r) { r.spec.retry.total = duration{1}; }},
    {28, [](job_record& r) { r.spec.finish_by = at(5); }},
    {29, [](job_record& r) { r.first_started_at = at(5); }},
    {36,
     [](job_record& r) {
       r.spec.from_template = template_origin{"t", 1};
     }},
    {40, [](job_record& r) { r.cached_from = id_at(9); }},
    {42, [](job_record& r) { r.cache_key = "k"; }},
    {44,
     [](job_record& r) {
       r.spec.trace = trace_context{"p", "s"};
     }},
  };
  const auto plain = encode_record(small_record());
  for (const auto& x : rows) {
    CAPTURE(static_cast<int>(x.tag));
    auto rec = small_record();
    x.set(rec);
    const auto bytes = encode_record(rec);
    CHECK(bytes.size() > plain.size());
    CHECK(std::count(bytes.begin(), bytes.end(), static_cast<char>(x.tag)) >
          std::count(plain.begin(), plain.end(), static_cast<char>(x.tag)));
    const auto back = decode_record(bytes);
    REQUIRE(back);
    CHECK(same_stored(rec, *back));
    CHECK_FALSE(same_stored(small_record(), *back));
  }
}

TEST_CASE("an action out of its range is corrupt_record", "[record_codec]") {
  const auto code_with = [](deadline_action on_miss, failure_action action) {
    auto rec = small_record();
    rec.spec.on_miss = on_miss;
    rec.spec.retry.rules = {{"A", action, duration{0}}};
    return code_of(encode_record(rec));
  };
  CHECK(code_with(deadline_action::promote, failure_action::snooze) == ec::none);
  CHECK(code_with(static_cast<deadline_action>(4), failure_action::snooze) == ec::corrupt_record);
  CHECK(code_with(deadline_action::promote, static_cast<failure_action>(3)) == ec::corrupt_record);
}

TEST_CASE("what a newer program added is skipped, or refused when that would change the job", "[record_codec]") {
  // Behind the sections of a part, with a tag that is not known.
  const auto rec = small_record();
  const auto bytes = encode_record(rec);
  const auto with_section = [&](bool in_front, uint8_t tag) {
    const size_t front_length = front_length_byte;
    const size_t rest_length = front_length + 1 + static_cast<uint8_t>(bytes[front_length]);
    REQUIRE(static_cast<uint8_t>(bytes[front_length]) < 0x70);
    REQUIRE(static_cast<uint8_t>(bytes[rest_length]) < 0x70);
    const std::string section{static_cast<char>(tag), 2, 'x', 'y'};
    auto out = bytes;
    const auto length_at = in_front ? front_length : rest_length;
    out.insert(in_front ? rest_length : out.size(), section);
    out[length_at] = static_cast<char>(out[length_at] + static_cast<char>(section.size()));
    return out;
  };
  for (const bool in_front : {true, false}) {
    CAPTURE(in_front);
    const auto skipped = decode_record(with_section(in_front, 100));
    REQUIRE(skipped);
    CHECK(same_stored(rec, *skipped));
    CHECK(code_of(with_section(in_front, 101)) == ec::wrong_version);
    CHECK(code_of(with_section(in_front, 0)) == ec::corrupt_record);
  }
  CHECK(decode_index(with_section(true, 101)).err().code == ec::wrong_version);
  CHECK(decode_index(with_section(false, 101))); // a start does not look at the rest
}

TEST_CASE("a section that stands twice or out of order is corrupt_record", "[record_codec]") {
  auto rec = small_record();
  rec.spec.tags = {"a"};
  rec.worker = "w";
  auto bytes = encode_record(rec);
  REQUIRE(code_of(bytes) == ec::none);
  const auto tags_at = bytes.rfind(std::string{5, 3, 1, 1, 'a'});
  const auto worker_at = bytes.rfind(std::string{11, 1, 'w'});
  REQUIRE(tags_at != std::string::npos);
  REQUIRE(worker_at != std::string::npos);
  auto twice = bytes;
  twice[worker_at] = 5;
  CHECK(code_of(twice) == ec::corrupt_record);
  auto turned = bytes;
  turned[tags_at] = 11;
  turned[worker_at] = 9;
  CHECK(code_of(turned) == ec::corrupt_record);
}

TEST_CASE("every truncation and every byte too many is corrupt_record", "[record_codec]") {
  for (const auto& rec : {small_record(), full_record(), later_record()}) {
    const auto bytes = encode_record(rec);
    for (size_t n = 0; n < bytes.size(); ++n) {
      // A copy of just this size: a read beyond the end is one beyond the allocation, which ASan sees.
      const std::vector<char> prefix(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
      CHECK(code_of({prefix.data(), n}) == ec::corrupt_record);
      const auto index = decode_index({prefix.data(), n});
      CHECK((index || index.err().code == ec::corrupt_record));
    }
    CHECK(code_of(bytes + '\0') == ec::corrupt_record);
  }
}

TEST_CASE("values out of their range are corrupt_record, a newer format is wrong_version", "[record_codec]") {
  const auto good = encode_record(full_record());
  const auto with = [&](size_t where, uint8_t value) {
    auto bytes = good;
    bytes[where] = static_cast<char>(value);
    return code_of(bytes);
  };
  REQUIRE(code_of(good) == ec::none);
  CHECK(with(state_byte, 6) == ec::none);
  CHECK(with(state_byte, 7) == ec::corrupt_record);
  CHECK(with(priority_byte, 0) == ec::none);
  CHECK(with(priority_byte, 10) == ec::corrupt_record);
  CHECK(with(level_byte, 2) == ec::none);
  CHECK(with(level_byte, 3) == ec::corrupt_record);
  // Format 1 has no flag for resources.
  auto old = golden("full_v1.bin");
  old[flags_byte] = static_cast<char>(static_cast<uint8_t>(old[flags_byte]) | 128);
  CHECK(code_of(old) == ec::corrupt_record);
  CHECK(with(version_byte, 0) == ec::corrupt_record);
  CHECK(with(version_byte, record_format + 1) == ec::wrong_version);
  CHECK(with(version_byte, 255) == ec::wrong_version);
  CHECK(code_of("") == ec::corrupt_record);
}

TEST_CASE("damaged bytes are an error or another record, never a crash", "[record_codec][fuzz]") {
  const auto seed = static_cast<uint32_t>(Catch::rngSeed());
  CAPTURE(seed);
  std::mt19937 random{seed};
  const std::string good[] = {encode_record(small_record()), encode_record(full_record()),
                              encode_record(later_record())};
  size_t refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = good[random() % std::size(good)];
    for (auto hits = 1 + random() % 4; hits > 0; --hits)
      switch (random() % 3) {
      case 0:
        bytes[random() % bytes.size()] = static_cast<char>(random());
        break;
      case 1:
        bytes.insert(random() % bytes.size(), 1 + random() % 9, static_cast<char>(random()));
        break;
      default:
        bytes.erase(random() % (bytes.size() - 1), 1);
      }
    bytes.shrink_to_fit();
    const auto rec = decode_record(bytes);
    // What decodes is a record: it must survive being written and read again.
    if (rec) {
      const auto again = decode_record(encode_record(*rec));
      REQUIRE(again);
      CHECK(same_stored(*rec, *again));
    } else {
      ++refused;
    }
  }
  CHECK(refused > 0);
}
