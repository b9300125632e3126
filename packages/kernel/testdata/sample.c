/* cc -O1 -shared -fPIC -nostdlib -Wl,--build-id=none -Wl,-z,noseparate-code -Wl,-Ttext-segment=0x10000 -o libsample.so sample.c */
static __attribute__((noinline)) int hidden(int a) { return a * 3 + 1; }
int sample_add(int a, int b) { return hidden(a) + b; }
int sample_sub(int a, int b) { return hidden(a) - b; }
int sample_data = 7;
