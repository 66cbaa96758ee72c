// How many threads and which CPUs this process may use.
#pragma once

namespace flambeau {

// Physical cores that the process's affinity mask and its cgroup quota allow, at least 1.
int allowed_cores();

// Moves the thread `id` (of current_thread_id) away from the CPU that the caller runs on. Returns false where that is
// not possible: other systems, or a process that may use one CPU only.
bool move_off_this_cpu(long id);
long current_thread_id();

}  // namespace flambeau
