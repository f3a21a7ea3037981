#include "harness/run/cli/verbs.h"

int main(int argc, char** argv) { return undertone::command_line(argc, argv); }
