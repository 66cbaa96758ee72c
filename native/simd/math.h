// Elementary functions over V<T>.
#pragma once
#include "math_exp.h"
#include "math_trig.h"
#include "math_special.h"
#include "math_activation.h"
#include "math_normal.h"
#include "math_gamma.h"
