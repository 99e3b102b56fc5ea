// SPDX-License-Identifier: GPL-3.0-or-later
// rankscope-make-checkpoint SHAPE FOLDER [SEED]: a random checkpoint in the shape of a published one, for
// benchmarks.

#include "tests/support/tiny_model.h"

#include <cstdio>
#include <cstdlib>
#include <exception>

int main(int argc, char** argv)
{
    if (argc < 3) {
        std::fputs("usage: rankscope-make-checkpoint SHAPE FOLDER [SEED]\nshapes: gdn-demo, delta_net-340M, "
                   "delta_net-1.3B, gated_deltanet-340M, gated_deltanet-1.3B, many-heads\n",
                   stderr);
        return 2;
    }
    try {
        rankscope::test::TinyModelOptions options = rankscope::test::publishedShape(argv[1]);
        if (argc > 3) {
            options.seed = std::strtoull(argv[3], nullptr, 10);
        }
        rankscope::test::writeRandomCheckpoint(argv[2], options);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
