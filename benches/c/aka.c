/* Peers of `./x bench aka`: MILENAGE (3GPP TS 35.206) over OpenSSL's EVP and by
 * libosmogsm, TUAK (TS 35.231) over a plain Keccak-f[1600] (FIPS 202).
 *
 * Commands on standard input, one answer line each:
 *   keys K OPC K TOPC                 hex; TUAK's K of 32 octets
 *   show MODE RAND SQN AMF            AUTN XRES CK IK, hex
 *   time MODE COUNT                   nanoseconds for COUNT vectors
 */
#include <inttypes.h>
#include <openssl/evp.h>
#include <osmocom/crypt/auth.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int milenage_generate(const uint8_t *opc, const uint8_t *amf, const uint8_t *k, const uint8_t *sqn,
                      const uint8_t *rand, uint8_t *autn, uint8_t *ik, uint8_t *ck, uint8_t *res,
                      size_t *res_len);

typedef struct {
    uint8_t rand[16], sqn[6], amf[2];
} challenge;

typedef struct {
    uint8_t autn[16], xres[8], ck[16], ik[16];
} vector;

#define BATCH 16

static uint8_t k[16], opc[16], long_k[32], topc[32];

static void fail(const char *why)
{
    fprintf(stderr, "%s\n", why);
    exit(1);
}

/* MILENAGE over EVP: TEMP in one call, OUT1 to OUT4 in another. */

static EVP_CIPHER_CTX *cipher;

static void evp_key(void)
{
    if (EVP_EncryptInit_ex(cipher, EVP_aes_128_ecb(), NULL, k, NULL) != 1)
        fail("EVP_EncryptInit_ex");
    EVP_CIPHER_CTX_set_padding(cipher, 0);
}

static void evp_blocks(uint8_t *blocks, int octets)
{
    int written;
    if (EVP_EncryptUpdate(cipher, blocks, &written, blocks, octets) != 1 || written != octets)
        fail("EVP_EncryptUpdate");
}

static void add(uint8_t *to, const uint8_t *a, const uint8_t *b, int octets)
{
    for (int i = 0; i < octets; i++)
        to[i] = a[i] ^ b[i];
}

static void milenage_inputs(uint8_t in[4][16], const uint8_t *temp, const challenge *c)
{
    uint8_t in1[16], masked[16];
    memcpy(in1, c->sqn, 6);
    memcpy(in1 + 6, c->amf, 2);
    memcpy(in1 + 8, in1, 8);
    add(in1, in1, opc, 16);
    add(masked, temp, opc, 16);
    for (int i = 0; i < 16; i++) {
        in[0][i] = temp[i] ^ in1[(i + 8) & 15];
        in[1][i] = masked[i];
        in[2][i] = masked[(i + 4) & 15];
        in[3][i] = masked[(i + 8) & 15];
    }
    in[1][15] ^= 1;
    in[2][15] ^= 2;
    in[3][15] ^= 4;
}

static void milenage_outputs(vector *v, uint8_t out[4][16], const challenge *c)
{
    for (int i = 0; i < 4; i++)
        add(out[i], out[i], opc, 16);
    add(v->autn, c->sqn, out[1], 6);
    memcpy(v->autn + 6, c->amf, 2);
    memcpy(v->autn + 8, out[0], 8);
    memcpy(v->xres, out[1] + 8, 8);
    memcpy(v->ck, out[2], 16);
    memcpy(v->ik, out[3], 16);
}

static void evp_cached(vector *v, const challenge *c)
{
    uint8_t temp[16], out[4][16];
    add(temp, c->rand, opc, 16);
    evp_blocks(temp, 16);
    milenage_inputs(out, temp, c);
    evp_blocks(out[0], 64);
    milenage_outputs(v, out, c);
}

static void evp_rekeyed(vector *v, const challenge *c)
{
    evp_key();
    evp_cached(v, c);
}

static void evp_batch(vector *v, const challenge *c)
{
    uint8_t temp[BATCH][16], out[BATCH][4][16];
    for (int n = 0; n < BATCH; n++)
        add(temp[n], c[n].rand, opc, 16);
    evp_blocks(temp[0], 16 * BATCH);
    for (int n = 0; n < BATCH; n++)
        milenage_inputs(out[n], temp[n], c + n);
    evp_blocks(out[0][0], 64 * BATCH);
    for (int n = 0; n < BATCH; n++)
        milenage_outputs(v + n, out[n], c + n);
}

/* libosmogsm takes K with each call. */
static void osmogsm(vector *v, const challenge *c)
{
    size_t length = 8;
    if (milenage_generate(opc, c->amf, k, c->sqn, c->rand, v->autn, v->ik, v->ck, v->xres, &length) != 0)
        fail("milenage_generate");
}

/* Keccak-f[1600], FIPS 202 clause 3: a lane is a uint64_t, A[x + 5y]. */

static const uint64_t round_constants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

static const unsigned offsets[25] = {
    0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14,
};

static uint64_t rotated(uint64_t lane, unsigned by)
{
    return by ? lane << by | lane >> (64 - by) : lane;
}

static void keccak_f(uint64_t a[25])
{
    for (int round = 0; round < 24; round++) {
        uint64_t c[5], b[25];
        for (int x = 0; x < 5; x++)
            c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
        for (int x = 0; x < 5; x++) {
            uint64_t d = c[(x + 4) % 5] ^ rotated(c[(x + 1) % 5], 1);
            for (int y = 0; y < 5; y++)
                a[x + 5 * y] ^= d;
        }
        for (int y = 0; y < 5; y++)
            for (int x = 0; x < 5; x++)
                b[y + 5 * ((2 * x + 3 * y) % 5)] = rotated(a[x + 5 * y], offsets[x + 5 * y]);
        for (int y = 0; y < 5; y++)
            for (int x = 0; x < 5; x++)
                a[x + 5 * y] = b[x + 5 * y] ^ (~b[(x + 1) % 5 + 5 * y] & b[(x + 2) % 5 + 5 * y]);
        a[0] ^= round_constants[round];
    }
}

/* A field stands in the state with its last octet first. */
static void put(uint64_t *state, int at, const uint8_t *field, int octets)
{
    for (int i = 0; i < octets; i++)
        state[(at + i) / 8] |= (uint64_t)field[octets - 1 - i] << 8 * ((at + i) % 8);
}

static void get(uint8_t *field, int octets, const uint64_t *state, int at)
{
    for (int i = 0; i < octets; i++)
        field[octets - 1 - i] = (uint8_t)(state[(at + i) / 8] >> 8 * ((at + i) % 8));
}

static void tuak_run(uint64_t state[25], uint8_t instance, const challenge *c, int with_sqn)
{
    memset(state, 0, 200);
    put(state, 0, topc, 32);
    put(state, 32, &instance, 1);
    put(state, 33, (const uint8_t *)"TUAK1.0", 7);
    put(state, 40, c->rand, 16);
    if (with_sqn) {
        put(state, 56, c->amf, 2);
        put(state, 58, c->sqn, 6);
    }
    put(state, 64, long_k, 32);
    state[12] |= 0x1f;
    state[16] |= 0x8000000000000000;
    keccak_f(state);
}

/* K of 256 bits, MAC and RES of 64, CK and IK of 128, one iteration. */
static void tuak(vector *v, const challenge *c)
{
    uint64_t f1[25], f2345[25];
    uint8_t ak[6];
    tuak_run(f1, 0x08 | 1, c, 1);
    tuak_run(f2345, 0x40 | 0x08 | 1, c, 0);
    get(ak, 6, f2345, 96);
    add(v->autn, c->sqn, ak, 6);
    memcpy(v->autn + 6, c->amf, 2);
    get(v->autn + 8, 8, f1, 0);
    get(v->xres, 8, f2345, 0);
    get(v->ck, 16, f2345, 32);
    get(v->ik, 16, f2345, 64);
}

static const struct mode {
    const char *name;
    void (*make)(vector *, const challenge *);
    int at_once;
} modes[] = {
    {"evp-cached", evp_cached, 1},   {"evp-rekeyed", evp_rekeyed, 1}, {"evp-batch", evp_batch, BATCH},
    {"osmogsm", osmogsm, 1},         {"tuak", tuak, 1},
};

static const struct mode *mode(const char *name)
{
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (strcmp(modes[i].name, name) == 0)
            return modes + i;
    fail("no such mode");
    return NULL;
}

static void unhex(uint8_t *to, int octets, const char *hex)
{
    if (strlen(hex) != (size_t)octets * 2)
        fail("hex of another length");
    for (int i = 0; i < octets; i++)
        if (sscanf(hex + 2 * i, "%2" SCNx8, to + i) != 1)
            fail("no hex");
}

static void print(const uint8_t *octets, int count, const char *end)
{
    for (int i = 0; i < count; i++)
        printf("%02x", octets[i]);
    printf("%s", end);
}

int main(void)
{
    char line[512], word[16], a[80], b[80], c[80], d[80];
    challenge asked[BATCH];
    vector made[BATCH];
    cipher = EVP_CIPHER_CTX_new();
    if (!cipher)
        fail("EVP_CIPHER_CTX_new");
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "%15s %79s %79s %79s %79s", word, a, b, c, d) < 3)
            fail("a line with too few words");
        if (strcmp(word, "keys") == 0) {
            unhex(k, 16, a);
            unhex(opc, 16, b);
            unhex(long_k, 32, c);
            unhex(topc, 32, d);
            evp_key();
            printf("ok\n");
        } else if (strcmp(word, "show") == 0) {
            const struct mode *how = mode(a);
            for (int i = 0; i < how->at_once; i++) {
                unhex(asked[i].rand, 16, b);
                unhex(asked[i].sqn, 6, c);
                unhex(asked[i].amf, 2, d);
            }
            how->make(made, asked);
            const vector *last = made + how->at_once - 1;
            print(last->autn, 16, " ");
            print(last->xres, 8, " ");
            print(last->ck, 16, " ");
            print(last->ik, 16, "\n");
        } else {
            const struct mode *how = mode(a);
            long count = atol(b);
            struct timespec began, ended;
            memset(asked, 0, sizeof asked);
            memset(made, 0, sizeof made);
            clock_gettime(CLOCK_MONOTONIC, &began);
            for (long n = 0; n < count; n += how->at_once) {
                /* Another RAND each time, as an AuC has it. */
                for (int i = 0; i < how->at_once; i++)
                    memcpy(asked[i].rand, made[i].ck, 16);
                how->make(made, asked);
            }
            clock_gettime(CLOCK_MONOTONIC, &ended);
            long done = (count + how->at_once - 1) / how->at_once * how->at_once;
            double took = (double)(ended.tv_sec - began.tv_sec) * 1e9 + (double)(ended.tv_nsec - began.tv_nsec);
            printf("%.0f\n", took * (double)count / (double)done);
        }
        fflush(stdout);
    }
    return 0;
}
