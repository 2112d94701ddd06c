// Activations in single precision.
#define ELEMENT float
#define TYPED(x) x##_f32
#define LOAD load_f32
#define STORE store_f32
#define TO_FLOAT(x) (x)
#define FROM_FLOAT(x) (x)
#define SILU silu_vector
#define PRODUCTS 1
#define MULTIPLY_ADD(c, b, a) ((c) + (b) * (a))
