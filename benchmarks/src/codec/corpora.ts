// All corpora, smallest first.

import type { Corpus } from "./corpus.ts";
import { large } from "./corpora/large.ts";
import { medium, mediumRepeated } from "./corpora/medium.ts";
import { numbers } from "./corpora/numbers.ts";
import { small } from "./corpora/small.ts";
import { text } from "./corpora/text.ts";
import { union } from "./corpora/union.ts";

export const corpora: readonly Corpus[] = [
  small,
  medium,
  mediumRepeated,
  union,
  text,
  numbers,
  large,
];
