#include "core/sys/cgroup.h"

#include <map>
#include <string>

#include <doctest/doctest.h>

#include "core/sys/fs.h"
#include "fakes/temp_folder.h"

using namespace mlctl;

namespace {

constexpr const char* kUnified = "30 20 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
constexpr const char* kMemoryV1 = "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
constexpr const char* kCpuV1 =
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n";

struct Case {
  const char* what;
  std::string cgroup, mountinfo;
  std::map<std::string, std::string> files;  // below /sys/fs/cgroup
  int cpus;
  uint64_t memory;
};

}  // namespace

TEST_CASE("the tightest limit counts, from the own group up to the root that is seen") {
  const Case cases[] = {
      {"no groups", "", "", {}, 0, 0},
      {"v2, own group",
       "0::/a/b\n",
       kUnified,
       {{"a/b/cpu.max", "150000 100000"}, {"a/b/memory.max", "1000"}},
       2,
       1000},
      {"v2, the group above is tighter",
       "0::/a/b\n",
       kUnified,
       {{"a/cpu.max", "100000 100000"},
        {"a/b/cpu.max", "400000 100000"},
        {"a/memory.max", "500"},
        {"a/b/memory.max", "max"}},
       1,
       500},
      {"v2, a container that sees its group as the root",
       "0::/\n",
       kUnified,
       {{"cpu.max", "200000 100000"}, {"memory.max", "700"}},
       2,
       700},
      {"v2, without limits",
       "0::/a\n",
       kUnified,
       {{"a/cpu.max", "max 100000"}, {"a/memory.max", "max"}},
       0,
       0},
      {"v2, a group outside of the namespace",
       "0::/../other\n",
       kUnified,
       {{"memory.max", "700"}, {"other/memory.max", "1"}},
       0,
       700},
      {"v1, nested",
       "4:memory:/a/b\n3:cpu,cpuacct:/a\n",
       std::string(kMemoryV1) + kCpuV1,
       {{"memory/a/memory.limit_in_bytes", "300"},
        {"memory/a/b/memory.limit_in_bytes", "9223372036854771712"},
        {"memory/memory.limit_in_bytes", "9223372036854771712"},
        {"cpu,cpuacct/a/cpu.cfs_quota_us", "50000"},
        {"cpu,cpuacct/a/cpu.cfs_period_us", "100000"},
        {"cpu,cpuacct/cpu.cfs_quota_us", "-1"},
        {"cpu,cpuacct/cpu.cfs_period_us", "100000"}},
       1,
       300},
      {"v1, a container whose mount is its own group",
       "4:memory:/docker/1\n",
       "35 31 0:32 /docker/1 /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
       {{"memory/memory.limit_in_bytes", "400"}},
       0,
       400},
      {"v1 and v2 side by side",
       "4:memory:/a\n0::/u\n",
       std::string(kMemoryV1) + "38 31 0:35 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
       {{"memory/a/memory.limit_in_bytes", "300"}, {"unified/u/cpu.max", "300000 100000"}},
       3,
       300},
      {"nonsense",
       "0::\nx\n::::\n4:memory\n",
       std::string("garbage\n - cgroup2\n") + kUnified,
       {{"cpu.max", "a b"}, {"memory.max", "-5"}},
       0,
       0},
  };
  for (const Case& each : cases) {
    CAPTURE(each.what);
    test::TempFolder root;
    REQUIRE(sys::make_folders(root.path() / "proc/self"));
    REQUIRE(sys::write_file(root.path() / "proc/self/cgroup", each.cgroup));
    REQUIRE(sys::write_file(root.path() / "proc/self/mountinfo", each.mountinfo));
    for (const auto& [name, text] : each.files) {
      const auto file = root.path() / "sys/fs/cgroup" / name;
      REQUIRE(sys::make_folders(file.parent_path()));
      REQUIRE(sys::write_file(file, text + "\n"));
    }
    const sys::CgroupLimits limits = sys::cgroup_limits(root.path());
    CHECK(limits.cpus == each.cpus);
    CHECK(limits.memory == each.memory);
  }
}
