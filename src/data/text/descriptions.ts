/** What the text data sets are, and under which terms; no code of Node here. */

import type { DatasetDescription } from "../registry.ts";

export const sst2: DatasetDescription = {
  title: "SST-2",
  description: "sentences of film reviews, negative or positive",
  terms: "none stated; research use",
  homepage: "https://nlp.stanford.edu/sentiment",
  splits: { train: 6920, validation: 872, test: 1821 },
  classNames: ["negative", "positive"],
  files: [],
  place:
    "put train.tsv, dev.tsv and test.tsv (a sentence, a tab, 0 or 1) into sst2/ within the data root",
};

export const agNews: DatasetDescription = {
  title: "AG News",
  description: "title and first sentences of news; 4 classes, split anew from the test part",
  terms: "none stated; non-commercial research",
  homepage: "http://groups.di.unipi.it/~gulli/AG_corpus_of_news_articles.html",
  splits: { train: 6000, validation: 600, test: 1000 },
  classNames: ["World", "Sports", "Business", "Sci/Tech"],
  files: [],
  place:
    "put test.csv with the columns label, title, description into ag_news/ within the data root",
};

export const tinyshakespeare: DatasetDescription = {
  title: "Tiny Shakespeare",
  description: "one text of 1,115,394 characters, for language models",
  terms: "public domain",
  homepage: "https://github.com/karpathy/char-rnn",
  splits: {},
  classNames: [],
  files: [
    {
      name: "input.txt",
      url: "https://raw.githubusercontent.com/karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare/input.txt",
      bytes: 1_115_394,
      md5: "6fb458f1232090904fb40fe944165e91",
    },
  ],
};

export const textFile: DatasetDescription = {
  title: "Text file",
  description: "your own text, for language models",
  terms: "yours",
  splits: {},
  classNames: [],
  files: [],
  place: "name the file with data.file",
};

export const labelledText: DatasetDescription = {
  title: "Labelled text",
  description: "your own sentences with classes, in CSV, TSV or JSONL files",
  terms: "yours",
  splits: {},
  classNames: [],
  files: [],
  place: "name the files with data.files and their columns with data.columns",
};
