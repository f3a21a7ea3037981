// Each file of this folder registers its benchmarks here; main.cc calls them in this order.
#pragma once

namespace undertone::micro {

void register_speech();   // log-mel
void register_encoder();  // Whisper, per bucket
void register_decoder();  // blocks, training step, decoding with the cache, optimiser
void register_text();     // JSON, WordPiece, MiniLM, SHA-256

}  // namespace undertone::micro
