// Which ISA builds this binary has and this CPU can run.
#pragma once
#include "kernels.h"

namespace flambeau {

// From the lowest level to the highest that the CPU and the operating system support; never empty.
struct Levels {
  const Kernels* const* tables;
  int count;
};
Levels isa_levels();

}  // namespace flambeau
