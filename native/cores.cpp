// Counting cores: affinity, hyper-thread siblings, cgroup quota. Everything that cannot be read counts as "no limit".
#include "cores.h"

#include <cstdio>
#include <cstring>

#if defined(__linux__)
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>
#endif

namespace flambeau {

#if defined(__linux__)
namespace {

// Reads at most `size` - 1 bytes and terminates them; false when the file is not there.
bool read_text(const char* path, char* text, size_t size) {
  FILE* file = std::fopen(path, "re");
  if (file == nullptr) return false;
  const size_t length = std::fread(text, 1, size - 1, file);
  std::fclose(file);
  text[length] = 0;
  return true;
}

// A CPU counts as a core when it is the first allowed one of its hyper-thread siblings ("0,4" or "0-1").
bool is_first_sibling(int cpu, const cpu_set_t& allowed) {
  char path[96], list[256];
  std::snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
  if (!read_text(path, list, sizeof list)) return true;
  const char* at = list;
  int first = 0, last = 0, used = 0;
  while (std::sscanf(at, "%d%n", &first, &used) == 1) {
    at += used;
    last = first;
    if (*at == '-' && std::sscanf(at, "-%d%n", &last, &used) == 1) at += used;
    for (int sibling = first; sibling <= last && sibling < cpu; ++sibling)
      if (sibling >= 0 && sibling < CPU_SETSIZE && CPU_ISSET(sibling, &allowed)) return false;
    if (*at != ',') break;
    ++at;
  }
  return true;
}

double quota_of(const char* directory) {
  char path[1280], text[128];
  double quota = -1, period = 0;
  std::snprintf(path, sizeof path, "%s/cpu.max", directory);
  if (read_text(path, text, sizeof text) && std::sscanf(text, "%lf %lf", &quota, &period) == 2 && period > 0)
    return quota / period;
  std::snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", directory);
  if (!read_text(path, text, sizeof text) || std::sscanf(text, "%lf", &quota) != 1 || quota <= 0) return 1e9;
  std::snprintf(path, sizeof path, "%s/cpu.cfs_period_us", directory);
  if (!read_text(path, text, sizeof text) || std::sscanf(text, "%lf", &period) != 1 || period <= 0) return 1e9;
  return quota / period;
}

// The smallest quota of the process's cgroup and its parents, in cores.
double cgroup_cores() {
  char groups[4096];
  if (!read_text("/proc/self/cgroup", groups, sizeof groups)) return 1e9;
  double least = 1e9;
  char* rest = groups;
  for (char* line = strsep(&rest, "\n"); line != nullptr; line = strsep(&rest, "\n")) {
    char* controllers = std::strchr(line, ':');
    if (controllers == nullptr) continue;
    char* group = std::strchr(++controllers, ':');
    if (group == nullptr) continue;
    *group++ = 0;
    const bool unified = *controllers == 0;
    if (!unified && std::strstr(controllers, "cpu") == nullptr) continue;
    char directory[1200];
    const char* root = unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu";
    const size_t root_length = std::strlen(root);
    if (std::snprintf(directory, sizeof directory, "%s%s", root, group) >= static_cast<int>(sizeof directory)) continue;
    for (;;) {
      const double quota = quota_of(directory);
      if (quota < least) least = quota;
      char* slash = std::strrchr(directory, '/');
      if (slash == nullptr || static_cast<size_t>(slash - directory) < root_length) break;
      *slash = 0;
    }
  }
  return least;
}

// The main thread's mask: a JS worker or a pool thread may have been moved.
bool process_cpus(cpu_set_t& allowed) { return sched_getaffinity(getpid(), sizeof allowed, &allowed) == 0; }

}  // namespace

int allowed_cores() {
  cpu_set_t allowed;
  int cores = 0;
  if (process_cpus(allowed)) {
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
      if (CPU_ISSET(cpu, &allowed) && is_first_sibling(cpu, allowed)) ++cores;
  } else {
    cores = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  }
  const double quota = cgroup_cores();
  if (quota < cores) cores = static_cast<int>(quota);
  return cores < 1 ? 1 : cores;
}

bool move_off_this_cpu(long id) {
  cpu_set_t allowed;
  const int here = sched_getcpu();
  if (here < 0 || here >= CPU_SETSIZE || !process_cpus(allowed) || CPU_COUNT(&allowed) < 2) return false;
  CPU_CLR(here, &allowed);
  return CPU_COUNT(&allowed) > 0 && sched_setaffinity(static_cast<pid_t>(id), sizeof allowed, &allowed) == 0;
}

long current_thread_id() { return syscall(SYS_gettid); }

#elif defined(__APPLE__)

int allowed_cores() {
  int cores = 0;
  size_t size = sizeof cores;
  // Performance cores: chunks are equal, so an efficiency core would be the one everybody waits for.
  if (sysctlbyname("hw.perflevel0.physicalcpu", &cores, &size, nullptr, 0) == 0 && cores > 0) return cores;
  size = sizeof cores;
  return sysctlbyname("hw.physicalcpu", &cores, &size, nullptr, 0) == 0 && cores > 0 ? cores : 1;
}
bool move_off_this_cpu(long) { return false; }
long current_thread_id() { return 0; }

#elif defined(_WIN32)

int allowed_cores() {
  DWORD_PTR process = 0, system = 0;
  if (!GetProcessAffinityMask(GetCurrentProcess(), &process, &system) || process == 0) return 1;
  SYSTEM_LOGICAL_PROCESSOR_INFORMATION info[256];
  DWORD size = sizeof info;
  if (!GetLogicalProcessorInformation(info, &size)) return 1;
  int cores = 0;
  for (DWORD i = 0; i < size / sizeof info[0]; ++i)
    if (info[i].Relationship == RelationProcessorCore && (info[i].ProcessorMask & process) != 0) ++cores;
  return cores < 1 ? 1 : cores;
}
bool move_off_this_cpu(long) { return false; }
long current_thread_id() { return static_cast<long>(GetCurrentThreadId()); }

#else

int allowed_cores() { return 1; }
bool move_off_this_cpu(long) { return false; }
long current_thread_id() { return 0; }

#endif

}  // namespace flambeau
