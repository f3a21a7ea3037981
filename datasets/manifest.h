// The dataset kind "manifest": a corpus that somebody else wrote (corpus.json, clips.jsonl, questions.jsonl,
// audio files of any rate, channels and sample type).
#pragma once

#include "datasets/corpus.h"

namespace undertone {

// Field "root": the folder. Making it reads every line and every audio file; the corpus that results has 16
// kHz mono WAV, the lengths that the audio has, and the same ids. Throws Error{data} at the first thing
// wrong, with file and line.
DatasetRegistry::Entry manifest_dataset();

}  // namespace undertone
