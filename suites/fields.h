// The fields of a suite, declared once: reading them, and describing them as a JSON Schema, is the same
// function.
#pragma once

#include "suites/spec.h"

namespace undertone {

// Declares every field of a suite and reads those present into `suite`.
void suite_fields(FieldReader& reader, SuiteSpec& suite, const SuiteKinds& kinds);

// What only several fields together can get wrong: names that nothing declares, contradictions. Fills what
// follows from the rest (a lone judge is the primary one, a lone dataset the evaluation's, a lone condition a
// claim's). `problems` holds what reading found; a field with a problem is not complained about again.
// Unless `whole`, a suite that this one extends was lost: what is absent may stand there and is no problem.
void check_suite(SuiteSpec& suite, std::vector<Problem>& problems, bool whole = true);

}  // namespace undertone
