#include "core/placement/cluster_fit.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <set>

using namespace callboard;

namespace {

type_set types(std::initializer_list<uint16_t> list) {
  type_set s;
  for (auto t : list)
    s.add(t);
  return s;
}

resource_request slots(uint32_t n) {
  return {.slots = n};
}

struct fleet {
  shape_table shapes;
  cluster_fit fit{shapes};

  uint16_t shape(resource_request r, uint16_t type = 0) {
    return shapes.acquire({type, std::move(r)}).value();
  }
  worker_id add(uint64_t id, resource_offer offer, std::initializer_list<uint16_t> runs = {0}) {
    fit.set_worker(worker_id{id}, std::move(offer), types(runs));
    fit.set_accepting(worker_id{id}, true);
    return worker_id{id};
  }
};

} // namespace

TEST_CASE("a job goes where its type runs and everything it asks for is left", "[cluster_fit]") {
  fleet f;
  const auto small = f.add(1, {4, 2000, 4096, {}, {}});
  const auto large = f.add(2, {4, 8000, 65536, {}, {{"zone", "eu"}}}, {0, 1});
  CHECK(f.fit.choose(f.shape({1, 4000, 0, {}, {}})) == large);
  CHECK(f.fit.choose(f.shape({1, 0, 8192, {}, {}})) == large);
  CHECK(f.fit.choose(f.shape(slots(1), 1)) == large);
  CHECK(f.fit.choose(f.shape({1, 0, 0, {}, {{"zone", "eu"}}})) == large);
  CHECK_FALSE(f.fit.choose(f.shape({1, 0, 0, {}, {{"zone", "us"}}})));
  CHECK_FALSE(f.fit.choose(f.shape({1, 0, 0, {{"gpu", 1}}, {}})));
  CHECK_FALSE(f.fit.choose(f.shape(slots(5))));
  CHECK_FALSE(f.fit.choose(f.shape(slots(1), 2)));
  // Best fit: the smaller machine for what fits both.
  CHECK(f.fit.choose(f.shape({1, 1000, 0, {}, {}})) == small);
  f.fit.sanity_check();
}

TEST_CASE("a job that asks for versions of its type goes where one of them runs", "[cluster_fit][versions]") {
  fleet f;
  const auto add = [&](uint64_t id, type_versions versions) {
    f.fit.set_worker(worker_id{id}, {4, 0, 0, {}, {}}, types({0, 1}), std::move(versions));
    f.fit.set_accepting(worker_id{id}, true);
    return worker_id{id};
  };
  const auto asks = [&](const char* range, uint16_t type = 0) {
    resource_request r;
    r.type_version = range;
    return f.shape(r, type);
  };
  const auto before = add(1, {{0, "1.4.0"}, {1, "7"}}), after = add(2, {{0, "2.0.0"}, {1, "7"}});
  const auto unnamed = add(3, {{0, "nightly"}});
  CHECK(f.fit.choose(asks("^1")) == before);
  CHECK(f.fit.choose(asks(">=2")) == after);
  CHECK(f.fit.choose(asks("^7", 1)) == before); // by its type's own version
  CHECK_FALSE(f.fit.choose(asks("^3")));
  CHECK(f.fit.lack_of(before, asks(">=2"))->what == "it runs version 1.4.0 of the type, the job asks for >=2");
  CHECK(f.fit.lack_of(unnamed, asks("^1"))->what == "it runs version nightly of the type, the job asks for ^1");
  CHECK(f.fit.lack_of(unnamed, asks("^7", 1))->what == "it runs no named version of the type, the job asks for ^7");
  CHECK(f.fit.lack_of(unnamed, asks("^1"))->for_ever);
  // A worker joins again with another version.
  add(1, {{0, "2.1.0"}});
  CHECK_FALSE(f.fit.choose(asks("^1")));
}

TEST_CASE("a worker that is kept takes one shape only, and several may be kept", "[cluster_fit]") {
  fleet f;
  const auto a = f.add(1, {2, 0, 0, {}, {}}), b = f.add(2, {2, 0, 0, {}, {}});
  const auto urgent = f.shape(slots(2)), small = f.shape(slots(1));
  f.fit.take(a, slots(2));
  CHECK_FALSE(f.fit.has_room_without(a, urgent, slots(1)));
  CHECK(f.fit.has_room_without(a, urgent, slots(2)));
  f.fit.keep(a, urgent);
  f.fit.keep(b, urgent);
  CHECK_FALSE(f.fit.choose(small));
  CHECK(f.fit.choose(urgent) == b);
  f.fit.keep_no_more(b);
  CHECK(f.fit.choose(small) == b);
  f.fit.give(a, slots(2));
  CHECK(f.fit.choose(small) == b);
  CHECK(f.fit.lack_of(a, small)->what == "it is kept for a more urgent job");
  CHECK_FALSE(f.fit.lack_of(a, urgent));
  CHECK_FALSE(f.fit.reserve(small) == a);
  f.fit.sanity_check();
  f.fit.remove_worker(a);
  CHECK_FALSE(f.fit.is_kept(a));
  f.fit.sanity_check();
}

TEST_CASE("plain jobs spread over the slots, and leave the workers with rare resources alone", "[cluster_fit]") {
  fleet f;
  const auto a = f.add(1, {2, 0, 0, {}, {}}), b = f.add(2, {2, 0, 0, {}, {}});
  const auto gpu = f.add(3, {8, 0, 0, {{"gpu", 2}}, {}});
  const auto plain = f.shape(slots(1));
  std::vector<worker_id> order;
  while (auto w = f.fit.choose(plain)) {
    order.push_back(*w);
    f.fit.take(*w, slots(1));
  }
  REQUIRE(order.size() == 12);
  CHECK(std::vector(order.begin(), order.begin() + 4) == std::vector{a, b, a, b});
  CHECK(std::set(order.begin() + 4, order.end()) == std::set{gpu});
}

TEST_CASE("what is given back can be taken again", "[cluster_fit]") {
  fleet f;
  const auto w = f.add(1, {1, 1000, 1024, {{"gpu", 1}}, {}});
  const resource_request all{1, 1000, 1024, {{"gpu", 1}}, {}};
  const auto shape = f.shape(all);
  f.fit.take(w, all);
  CHECK_FALSE(f.fit.placeable().contains(shape));
  CHECK(f.fit.feasible().contains(shape));
  f.fit.give(w, all);
  CHECK(f.fit.choose(shape) == w);
  CHECK_THROWS(f.fit.give(w, all));
}

TEST_CASE("a reserved worker takes no other shape", "[cluster_fit]") {
  fleet f;
  const auto a = f.add(1, {4, 0, 0, {}, {}}), b = f.add(2, {4, 0, 0, {}, {}});
  const auto plain = f.shape(slots(1)), large = f.shape(slots(4));
  f.fit.take(a, slots(3));
  f.fit.take(b, slots(1));
  CHECK_FALSE(f.fit.choose(large));
  CHECK(f.fit.reserve(large) == b); // it lacks the least
  CHECK(f.fit.choose(plain) == a);
  f.fit.take(a, slots(1));
  CHECK_FALSE(f.fit.choose(plain));
  CHECK_FALSE(f.fit.placeable().contains(plain));
  f.fit.sanity_check();
  f.fit.give(b, slots(1));
  CHECK(f.fit.choose(large) == b);
  f.fit.clear_reservation();
  CHECK(f.fit.choose(plain) == b);
  f.fit.sanity_check();
}

TEST_CASE("no worker is reserved for what none could ever run", "[cluster_fit]") {
  fleet f;
  f.add(1, {2, 0, 0, {}, {}});
  CHECK_FALSE(f.fit.reserve(f.shape(slots(3))));
  CHECK_FALSE(f.fit.reserved());
}

TEST_CASE("a worker that does not accept is as good as not there", "[cluster_fit]") {
  fleet f;
  const auto w = f.add(1, {2, 0, 0, {}, {}});
  const auto plain = f.shape(slots(1));
  f.fit.set_accepting(w, false);
  CHECK_FALSE(f.fit.choose(plain));
  CHECK_FALSE(f.fit.feasible().contains(plain));
  f.fit.set_accepting(w, true);
  CHECK(f.fit.choose(plain) == w);
  f.fit.remove_worker(w);
  CHECK_FALSE(f.fit.choose(plain));
  f.fit.sanity_check();
}

TEST_CASE("random changes keep placement and a naive search of one mind", "[cluster_fit]") {
  const auto seed = GENERATE(range(1u, 60u));
  std::mt19937 random{seed};
  const auto draw = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
  fleet f;
  struct model_node {
    resource_offer offer;
    resource_request taken{.slots = 0};
    bool accepting = true;
    std::vector<resource_request> jobs;
  };
  std::map<worker_id, model_node> model;
  std::vector<uint16_t> known;
  const auto random_request = [&] {
    resource_request r{1 + draw(3), draw(3) * 500, draw(3) * uint64_t{1000}, {}, {}};
    if (draw(4) == 0)
      r.named = {{"gpu", 1 + draw(2)}};
    if (draw(5) == 0)
      r.labels = {{"zone", draw(2) ? "eu" : "us"}};
    return r;
  };
  const auto gpus = [](const auto& list) { return list.empty() ? 0u : list.front().second; };
  const auto fits = [&](const model_node& n, const resource_request& r, bool empty) {
    const resource_request none{.slots = 0};
    const auto& t = empty ? none : n.taken;
    return t.slots + r.slots <= n.offer.slots && t.cpu_milli + r.cpu_milli <= n.offer.cpu_milli &&
           t.memory_bytes + r.memory_bytes <= n.offer.memory_bytes &&
           gpus(t.named) + gpus(r.named) <= gpus(n.offer.named) && (r.labels.empty() || r.labels == n.offer.labels);
  };
  for (int step = 0; step < 150; ++step) {
    const auto any = [&]() -> std::pair<const worker_id, model_node>* {
      return model.empty() ? nullptr : &*std::next(model.begin(), draw(static_cast<uint32_t>(model.size())));
    };
    switch (draw(7)) {
    case 0: {
      const worker_id w{1 + draw(8)};
      if (model.count(w) != 0)
        break;
      model_node n;
      n.offer = {1 + draw(6), draw(5) * 500, draw(5) * uint64_t{1000}, {}, {}};
      if (draw(2))
        n.offer.named = {{"gpu", 1 + draw(3)}};
      if (draw(2))
        n.offer.labels = {{"zone", draw(2) ? "eu" : "us"}};
      f.add(w.value, n.offer);
      model[w] = std::move(n);
      break;
    }
    case 1:
      known.push_back(f.shape(random_request()));
      break;
    case 2:
    case 3:
      if (!known.empty())
        if (const auto shape = known[draw(static_cast<uint32_t>(known.size()))]; auto w = f.fit.choose(shape)) {
          const auto r = f.shapes.at(shape).request;
          auto& n = model.at(*w);
          REQUIRE(n.accepting);
          REQUIRE(fits(n, r, false));
          f.fit.take(*w, r);
          n.taken.slots += r.slots;
          n.taken.cpu_milli += r.cpu_milli;
          n.taken.memory_bytes += r.memory_bytes;
          n.taken.named = {{"gpu", gpus(n.taken.named) + gpus(r.named)}};
          n.jobs.push_back(r);
        }
      break;
    case 4:
      if (auto* n = any(); n && !n->second.jobs.empty()) {
        const auto r = n->second.jobs.back();
        n->second.jobs.pop_back();
        f.fit.give(n->first, r);
        n->second.taken.slots -= r.slots;
        n->second.taken.cpu_milli -= r.cpu_milli;
        n->second.taken.memory_bytes -= r.memory_bytes;
        n->second.taken.named = {{"gpu", gpus(n->second.taken.named) - gpus(r.named)}};
      }
      break;
    case 5:
      if (auto* n = any()) {
        n->second.accepting = draw(2);
        f.fit.set_accepting(n->first, n->second.accepting);
      }
      break;
    case 6:
      if (auto* n = any(); n && draw(3) == 0) {
        f.fit.remove_worker(n->first);
        model.erase(n->first);
      }
      break;
    }
    f.fit.sanity_check();
    for (const auto shape : known) {
      const auto& r = f.shapes.at(shape).request;
      bool now = false, ever = false;
      for (const auto& [w, n] : model) {
        now = now || (n.accepting && fits(n, r, false));
        ever = ever || (n.accepting && fits(n, r, true));
      }
      INFO("seed " << seed << " step " << step << " slots " << r.slots << " cpu " << r.cpu_milli);
      REQUIRE(f.fit.placeable().contains(shape) == now);
      REQUIRE(f.fit.feasible().contains(shape) == ever);
      REQUIRE(f.fit.choose(shape).has_value() == now);
    }
  }
}
