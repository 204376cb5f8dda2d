/* Peer of `./x bench ota`: OpenSSL's ciphers alone, over the octets that the ciphers of
 * a secured packet (ETSI TS 102 225) go over. Keys are set once; nothing is allocated,
 * no packet is put together.
 *
 * Commands on standard input, one answer line each:
 *   take aes|3des KIC KID COVERED PLAIN   hex: keys, what CC covers, what is ciphered
 *   show MODE                             CC and what the cipher made of PLAIN, hex
 *   time MODE COUNT                       nanoseconds for COUNT packets
 *
 * Modes: seal and open cipher and decipher; CC is one call of CBC, whose last block the
 * CMAC's subkey was mixed into before. seal-mac and open-mac take OpenSSL's CMAC.
 */
#include <inttypes.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST 4096

static EVP_CIPHER_CTX *sealing, *opening, *checking;
static EVP_MAC_CTX *cmac;
static uint8_t covered[MOST], plain[MOST], ciphered[MOST], out[MOST], mixed[MOST], chain[MOST];
static uint8_t cc[16], subkeys[2][16];
static int covered_length, plain_length, block;
static const uint8_t zero[16];

static void must(int outcome, const char *what)
{
    if (outcome != 1) {
        fprintf(stderr, "%s\n", what);
        exit(1);
    }
}

static void cipher(EVP_CIPHER_CTX *context, uint8_t *to, const uint8_t *from, int octets)
{
    int written;
    must(EVP_CipherInit_ex(context, NULL, NULL, NULL, zero, -1), "EVP_CipherInit_ex");
    must(EVP_CipherUpdate(context, to, &written, from, octets) && written == octets, "EVP_CipherUpdate");
}

/* SP 800-38B clause 6.1. */
static void doubled(uint8_t *to, const uint8_t *from)
{
    for (int i = 0; i < 16; i++)
        to[i] = (uint8_t)(from[i] << 1 | (i < 15 ? from[i + 1] >> 7 : 0));
    if (from[0] & 0x80)
        to[15] ^= 0x87;
}

/* CC by CBC: zeros behind for 3DES (ISO/IEC 9797-1 algorithm 1), CMAC for AES. */
static void check(void)
{
    int whole = (covered_length + block - 1) / block * block;
    memcpy(mixed, covered, (size_t)covered_length);
    memset(mixed + covered_length, 0, (size_t)(whole - covered_length));
    if (block == 16) {
        const uint8_t *subkey = subkeys[whole != covered_length];
        if (whole != covered_length)
            mixed[covered_length] = 0x80;
        for (int i = 0; i < 16; i++)
            mixed[whole - 16 + i] ^= subkey[i];
    }
    cipher(checking, chain, mixed, whole);
    memcpy(cc, chain + whole - block, 8);
}

static void check_mac(void)
{
    size_t length;
    must(EVP_MAC_init(cmac, NULL, 0, NULL), "EVP_MAC_init");
    must(EVP_MAC_update(cmac, covered, (size_t)covered_length), "EVP_MAC_update");
    must(EVP_MAC_final(cmac, cc, &length, sizeof cc), "EVP_MAC_final");
}

static void seal(void)
{
    check();
    cipher(sealing, out, plain, plain_length);
}

static void open_(void)
{
    cipher(opening, out, ciphered, plain_length);
    check();
}

static void seal_mac(void)
{
    check_mac();
    cipher(sealing, out, plain, plain_length);
}

static void open_mac(void)
{
    cipher(opening, out, ciphered, plain_length);
    check_mac();
}

static const struct mode {
    const char *name;
    void (*run)(void);
} modes[] = {{"seal", seal}, {"open", open_}, {"seal-mac", seal_mac}, {"open-mac", open_mac}};

static const struct mode *mode(const char *name)
{
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (strcmp(modes[i].name, name) == 0)
            return modes + i;
    must(0, "no such mode");
    return NULL;
}

static int unhex(uint8_t *to, const char *hex)
{
    int octets = (int)(strlen(hex) / 2);
    must(octets < MOST - 16, "too many octets");
    for (int i = 0; i < octets; i++)
        must(sscanf(hex + 2 * i, "%2" SCNx8, to + i), "no hex");
    return octets;
}

static void print(const uint8_t *octets, int count, const char *end)
{
    for (int i = 0; i < count; i++)
        printf("%02x", octets[i]);
    printf("%s", end);
}

static EVP_CIPHER_CTX *context(const EVP_CIPHER *algorithm, const uint8_t *key, int seals)
{
    EVP_CIPHER_CTX *made = EVP_CIPHER_CTX_new();
    must(made && EVP_CipherInit_ex(made, algorithm, NULL, key, zero, seals), "EVP_CipherInit_ex");
    EVP_CIPHER_CTX_set_padding(made, 0);
    return made;
}

static void take(const char *name, const char *kic_hex, const char *kid_hex)
{
    uint8_t kic[MOST], kid[MOST], first[16];
    int is_aes = strcmp(name, "aes") == 0;
    EVP_CIPHER *algorithm = EVP_CIPHER_fetch(NULL, is_aes ? "AES-128-CBC" : "DES-EDE-CBC", NULL);
    must(algorithm && unhex(kic, kic_hex) == 16 && unhex(kid, kid_hex) == 16, "keys of another length");
    EVP_CIPHER_CTX_free(sealing);
    EVP_CIPHER_CTX_free(opening);
    EVP_CIPHER_CTX_free(checking);
    EVP_MAC_CTX_free(cmac);
    cmac = NULL;
    sealing = context(algorithm, kic, 1);
    opening = context(algorithm, kic, 0);
    checking = context(algorithm, kid, 1);
    block = is_aes ? 16 : 8;
    if (is_aes) {
        OSSL_PARAM parameters[] = {
            OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, "AES-128-CBC", 0),
            OSSL_PARAM_construct_end(),
        };
        cmac = EVP_MAC_CTX_new(EVP_MAC_fetch(NULL, "CMAC", NULL));
        must(cmac && EVP_MAC_init(cmac, kid, 16, parameters), "EVP_MAC_init");
        cipher(checking, first, zero, 16);
        doubled(subkeys[0], first);
        doubled(subkeys[1], subkeys[0]);
    }
    cipher(sealing, ciphered, plain, plain_length);
    EVP_CIPHER_free(algorithm);
}

int main(void)
{
    static char line[4 * MOST], words[6][2 * MOST];
    while (fgets(line, sizeof line, stdin)) {
        int count = sscanf(line, "%8191s %8191s %8191s %8191s %8191s %8191s", words[0], words[1], words[2],
                           words[3], words[4], words[5]);
        must(count >= 2, "a line with too few words");
        if (strcmp(words[0], "take") == 0) {
            must(count == 6, "a line with too few words");
            covered_length = unhex(covered, words[4]);
            plain_length = unhex(plain, words[5]);
            take(words[1], words[2], words[3]);
            printf("ok\n");
        } else if (strcmp(words[0], "show") == 0) {
            mode(words[1])->run();
            print(cc, 8, " ");
            print(out, plain_length, "\n");
        } else {
            const struct mode *how = mode(words[1]);
            long units = atol(words[2]);
            struct timespec began, ended;
            clock_gettime(CLOCK_MONOTONIC, &began);
            for (long n = 0; n < units; n++)
                how->run();
            clock_gettime(CLOCK_MONOTONIC, &ended);
            double took = (double)(ended.tv_sec - began.tv_sec) * 1e9 + (double)(ended.tv_nsec - began.tv_nsec);
            printf("%.0f\n", took);
        }
        fflush(stdout);
    }
    return 0;
}
