/** The routing methods by name, for configuration and documentation. */

/** Which kind of routing a method gives, and so which dispatchers can follow it. */
export type RouterKind = "token-choice" | "expert-choice" | "soft" | "dense";

/** What a reader or a configuration needs to know about a routing method. */
export interface RouterInfo {
  readonly kind: RouterKind;
  readonly description: string;
  readonly paper: string;
  /** Options without a default, besides `num_experts`. */
  readonly required?: readonly string[];
  /** Options and their values where none are given. */
  readonly defaults: Readonly<Record<string, string | number | boolean>>;
}

const registry = {
  dense: {
    kind: "dense",
    description: "Every expert, weighted by a softmax of a linear or MLP gate.",
    paper: "Jacobs et al. 1991",
    defaults: { bias: true, dropout: 0 },
  },
  switch: {
    kind: "token-choice",
    description: "The most probable expert, weighted by its probability.",
    paper: "arXiv:2101.03961",
    defaults: { jitter: 0, bias: false },
  },
  noisy_top_k: {
    kind: "token-choice",
    description: "The best K of logits with learned noise, softmax over those.",
    paper: "arXiv:1701.06538",
    defaults: { num_selected_experts: 2, noise_epsilon: 0.01, bias: false },
  },
  softmax_top_k: {
    kind: "token-choice",
    description: "Softmax over all experts, then the best K; V-MoE with noise and unnormalised.",
    paper: "arXiv:2401.04088, arXiv:2106.05974",
    defaults: {
      num_selected_experts: 2,
      normalization: "sum",
      noise: "none",
      noise_std: 1,
      bias: false,
    },
  },
  expert_choice: {
    kind: "expert-choice",
    description: "Each expert takes the tokens that give it the highest probability.",
    paper: "arXiv:2202.09368",
    required: ["capacity"],
    defaults: { noise_std: 0, bias: false },
  },
  soft: {
    kind: "soft",
    description: "Slots that are weighted means of all tokens.",
    paper: "arXiv:2308.00951",
    defaults: { num_slots: 1, normalize: true },
  },
  hash: {
    kind: "token-choice",
    description: "A fixed map from word ids or positions to experts, without parameters.",
    paper: "arXiv:2106.04426",
    defaults: { num_selected_experts: 1, map: "random", seed: 0 },
  },
  base: {
    kind: "token-choice",
    description: "One expert per token, equally many tokens per expert in training.",
    paper: "arXiv:2103.16716",
    defaults: {},
  },
  cosine: {
    kind: "token-choice",
    description: "Cosines of projected tokens and experts with a learned temperature.",
    paper: "arXiv:2204.09179, arXiv:2206.04046",
    defaults: {
      num_selected_experts: 1,
      projection_width: 256,
      initial_temperature: 0.5,
      noise_std: 0,
    },
  },
  attentive: {
    kind: "token-choice",
    description: "Diff-MoE: a linear softmax gate, or attention of tokens to expert keys.",
    paper: "github.com/yaolidong/diff-MoE",
    defaults: {
      num_selected_experts: 2,
      form: "linear",
      noisy: false,
      gate: "softmax",
      pool: "token",
    },
  },
  yuan: {
    kind: "token-choice",
    description: "Attention among the experts' scores of a token, then the best K.",
    paper: "arXiv:2405.17976",
    defaults: { num_selected_experts: 2, normalization: "sum", bias: false },
  },
  loss_free_bias: {
    kind: "token-choice",
    description: "Sigmoid scores; a bias that only the choice sees keeps the load even.",
    paper: "arXiv:2408.15664, arXiv:2412.19437",
    defaults: {
      num_selected_experts: 2,
      num_groups: 1,
      normalization: "sum",
      route_scale: 1,
      update_rate: 0.001,
    },
  },
  top_p: {
    kind: "token-choice",
    description: "As many experts as reach a probability together.",
    paper: "arXiv:2403.07652",
    required: ["probability"],
    defaults: { normalization: "none", bias: false },
  },
  second_expert: {
    kind: "token-choice",
    description: "Two experts, the second by a policy: all, none, threshold or random.",
    paper: "arXiv:2006.16668",
    defaults: { policy: "random", threshold: 0.2, bias: false },
  },
} as const satisfies Record<string, RouterInfo>;

/** Name of a routing method. */
export type RouterName = keyof typeof registry;

/** Every routing method. */
export const routers: Readonly<Record<RouterName, RouterInfo>> = registry;
