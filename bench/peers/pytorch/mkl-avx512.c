/* Preloaded, this makes MKL choose its kernels by instruction set instead of by maker. */
int mkl_serv_intel_cpu_true(void) { return 1; }
