// Activations in bfloat16: twice as many products at a time, where there are instructions for them.
#define ELEMENT uint16_t
#define TYPED(x) x##_bf16
#define LOAD load_bf16
#define STORE store_bf16
#define TO_FLOAT(x) bf16_to_float(x)
#define FROM_FLOAT(x) bf16_from_float(x)
#define SILU silu_short
#if HAS_BF16_DOT
#define PRODUCTS 2
#define ONE 0x3f80u
#define MULTIPLY_ADD dot_bf16
#endif
