// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"slices"
	"strings"
	"sync"

	"carescan/scanner/fact"
)

// finite are the parameters of finite-field Diffie-Hellman that a server sent.
type finite struct {
	prime, generator []byte
	version, suite   uint16 // they came with
}

// maxFinite is how many are kept: a server chooses by the strength of a suite.
const maxFinite = 4

// keepFinite keeps parameters that were not seen yet.
func (l *look) keepFinite(f finite) {
	seen := slices.ContainsFunc(l.finite, func(other finite) bool {
		return bytes.Equal(other.prime, f.prime) && bytes.Equal(other.generator, f.generator)
	})
	if len(f.prime) > 0 && !seen && len(l.finite) < maxFinite {
		l.finite = append(l.finite, finite{bytes.Clone(f.prime), bytes.Clone(f.generator), f.version, f.suite})
	}
}

// addFinite describes them, the smallest first.
func (l *look) addFinite(f *fact.TLS) {
	for i, group := range slices.SortedStableFunc(slices.Values(l.finite), func(a, b finite) int { return len(a.prime) - len(b.prime) }) {
		described := group.describe()
		if i == 0 {
			f.DH = &described
		} else {
			f.DHOthers = append(f.DHOthers, described)
		}
	}
}

// describe names a prime that many servers share: what is computed against one
// serves against all (weakdh.org).
func (f finite) describe() fact.DHGroup {
	sum, p := sha256.Sum256(f.prime), new(big.Int).SetBytes(f.prime)
	g := fact.DHGroup{Bits: p.BitLen(), Known: primes[hex.EncodeToString(sum[:16])]}
	if g.Bits > maxTried {
		g.Modulus = ofDesign(g.Known)
		return g
	}
	g.Modulus = cmp.Or(ofDesign(g.Known), primality(p))
	g.Trivial = g.Modulus != fact.NoPrime && trivial(new(big.Int).SetBytes(f.generator), p)
	return g
}

// maxTried is the size in bits above which nothing is computed: a server chooses it,
// and the time that takes grows with its cube.
const maxTried = 4096

// ofDesign tells the groups whose authors chose a safe prime (RFC 2409 section 6,
// RFC 3526, RFC 7919 appendix A).
func ofDesign(known string) fact.Primality {
	for _, source := range []string{"RFC 2409", "RFC 3526", "RFC 7919"} {
		if strings.HasPrefix(known, source) {
			return fact.SafePrime
		}
	}
	return ""
}

// primality tries a modulus. A server that goes to the length of making a number pass
// for prime betrays its own clients only.
func primality(p *big.Int) fact.Primality {
	const rounds = 1
	half := new(big.Int).Rsh(p, 1)
	switch {
	case p.Bit(0) == 0 || !p.ProbablyPrime(rounds):
		return fact.NoPrime
	case half.ProbablyPrime(rounds):
		return fact.SafePrime
	}
	return fact.UnsafePrime
}

// trivial tells whether the order of a generator has small factors only: each then
// tells its part of a secret (Pohlig and Hellman, 1978).
func trivial(g, p *big.Int) bool {
	g.Mod(g, p)
	return g.Sign() == 0 || g.Exp(g, smallFactors(), p).Cmp(big.NewInt(1)) == 0
}

// smallFactors is a multiple of all numbers up to 1000.
var smallFactors = sync.OnceValue(func() *big.Int {
	product := big.NewInt(1)
	for n := int64(2); n <= 1000; n++ {
		factor := big.NewInt(n)
		product.Mul(product, factor.Div(factor, new(big.Int).GCD(nil, nil, product, factor)))
	}
	return product
})

// primes are the well-known ones, by the first half of the SHA-256 digest of their
// bytes: those of the RFCs and those shipped with servers.
var primes = map[string]string{
	"3cdb020b9ef298b2f3f6cf5a872af527": "mod_ssl 2.0.x",
	"f79d1db3c955a28fdeca462670a0712e": "mod_ssl 2.2.x",
	"db01e702899166da28c9bc7896af62bc": "mod_ssl 2.2.x",
	"bf910d9df4e0b2e76cda7443f592aa11": "mod_ssl 2.2.x",
	"8ae47dca3d24e9b64640062686da234d": "nginx",
	"73b391ec8da33ee197aed17d7cfce132": "Java",
	"ee5483fe4b96caa10cb5b863ec409aab": "Java",
	"cc21a33dd1a3edf40bf636b5496e4aed": "Java",
	"f26e2403f3f07946654404909f0ff81d": "OpenSSL",
	"66d0bf38b0bdfacf2fdae33f35102ab6": "OpenSSL",
	"3166ce19180005327a6059a2e7a4ed22": "OpenSSL",
	"9e348a9471b7d123aa97071e38288379": "OpenSSL",
	"ce7728db3aed1119a82b9f17b17df9f8": "OpenSSL",
	"b52ba6a3026520a6c49d37e458760180": "RFC 2409 group 1",
	"3f35a3f5f6c4376a744acad409bb22f8": "RFC 2409 group 2",
	"64fcc83ec403930bf18393dbc883ccaa": "RFC 3526 group 5",
	"d66436f79bbd6b2e38c0ffbd079be904": "RFC 3526 group 14",
	"48cf8b092fbce4359d9871abf74f98e2": "RFC 3526 group 15",
	"4ee95187682bcb230ad26a95205f6920": "RFC 3526 group 16",
	"d1bfe6d0925ce7e4da262b62861514a7": "RFC 3526 group 17",
	"39ab4feab950a3128fb71accb9fc3965": "RFC 3526 group 18",
	"44c55cfee5c075927cf682da5b681bde": "RFC 5114 group 22",
	"bfe545862ca102ad1eeddb5fbfa5bf85": "RFC 5114 group 23",
	"0b7835722cb619827610c2549fdda558": "RFC 5114 group 24",
	"74a5cce5b6a93eb755e2f48250dc7cb3": "widely shared (weakdh.org)",
	"196085cb4281d1ff18efaad097bc1ec0": "widely shared (weakdh.org)",
	"80571b97f71f89727ab0c40bb73b4f01": "widely shared (weakdh.org)",
	"5f856a00120eee6d6b87ef8f596aefbb": "widely shared (weakdh.org)",
	"deb671287187265a5383df13708d3a75": "widely shared (weakdh.org)",
	"bc19c041491e550f381d09415a82e1b3": "widely shared (weakdh.org)",
	"ac0ff7a415f003c6503d4c126f292976": "widely shared (weakdh.org)",
	"2b07d24b932aa7a015c45a3f06e75ba7": "widely shared (weakdh.org)",
	"8523c72057043833089915168751620b": "widely shared (weakdh.org)",
	"52d4faa53003b8349dac3e984a6423bc": "widely shared (weakdh.org)",
	"bfa876fe4671a9c696c8e256c13d7fad": "IronPort",
	"6215d41bb617b390082b066d6856f8b3": "SKIP protocol",
	"725541d91fe79bcf52e6d96581d83ab8": "SKIP protocol",
	"449ab49c277d21a601e806df3064d6e4": "Postfix",
	"4e1f16b0a537becf0398e0d6049ed828": "Postfix",
	"6c863838510bab3e2093066fc14976f0": "Postfix",
	"ef627d8cc44144f36a075d8dd8511bbd": "Postfix",
	"e2b343fa226b71092716a0cefea064b0": "Postfix",
	"7dafc874c19963c0dd38e642bf1f3ad9": "Postfix",
	"d2ae65bfc24596c0333a3ad57a67565d": "Postfix",
	"bd646809c4e2d255e7082482b9917c2d": "Postfix",
	"ee302f149664decf1b364551326625cf": "Postfix",
	"bc66927384785251c604a3836e404756": "Postfix",
	"ad225f9367840e76af41a00757b85ead": "Postfix",
	"3b37d357836b4c0b81ae99d4bb204f5f": "Postfix",
	"f5b0f0db19c1ffb9edd48c27d552e0c6": "Postfix",
	"b85e2291d140459398cf0cd25689409c": "Postfix",
	"b36ac84e5fa8bd7a6363e1fb989456e4": "Postfix",
	"20ce5e9531472e234e1ef76788a6f5f5": "Postfix",
	"245ccb3bb7e5f8e431c3786ce8c84360": "Postfix",
	"b22223eba55eff07fda0073c0bb7f65c": "Postfix",
	"984a91adb717c9753fd52ab8c4659b6f": "ProFTPD",
	"a2052ee3a461387eb489dfb4166f5b91": "ProFTPD",
	"cf44c99b85dabecceda32d2b089ec28f": "ProFTPD",
	"46ff79361993e5e6e9025cdfdb8d59af": "ProFTPD",
	"8b4fa096eb2414e26babeef0e3e68eb7": "ProFTPD",
	"e7257339c7b3c36b4fe270802723e6b2": "ProFTPD",
	"0a64b51e01fbccd80d5c45d6c40b1eb7": "ProFTPD",
	"a5bdec8cf036e2ab8f8b4bb68c726ea8": "ProFTPD",
	"6b79f7880e90204b6f8cb64f4bea6ea6": "ProFTPD",
	"cfb14315e90c3ce241b5351aec1bff5e": "ProFTPD",
	"406b95f336f4588f7f07b7ab86923cc9": "ProFTPD",
	"6ab0cedf512ead33f4827d0a9aa9a4b8": "ProFTPD",
	"3504275b93e5db8a692b4a5baeb4c4c7": "ProFTPD",
	"fb2de97ce408f3d2b00cda7e436e0e9f": "ProFTPD",
	"c43bb4fe47a641335004ca606398421b": "ProFTPD",
	"9f5e9f4e49f8499926f4bfd7cffcd0ec": "ProFTPD",
	"3576d07c0658c0230f4e4a4ad3255c68": "ProFTPD",
	"0ea9ef1fd4b42cff37a02344a1097ca6": "ProFTPD",
	"eba4ea9cdaf56d1c93fdf9b358f33148": "ProFTPD",
	"80b421f627228225bc69d267f5f3d61e": "ProFTPD",
	"3e21a641dbe236fd883f1a293f3c3a31": "ProFTPD",
	"f17daff1413023f299ae1a1a309fc495": "ProFTPD",
	"bd132a9c3bb1b0db7199048b7ca00215": "ProFTPD",
	"2f4370d98ffd18aa6be9a27957358735": "ProFTPD",
	"1401ba0d70afd57f87974faa52b4625f": "ProFTPD",
	"d3d1fa2923c8dc2da6783a7f2e8f3c08": "ProFTPD",
	"adaf2d463f6f71d615f9db387a068817": "ProFTPD",
	"5de6d78891cd9a759d1eeada93bf0183": "ProFTPD",
	"d9f6f2a0adb3427cbe12b007049b842b": "LibTomCrypt",
	"d6dcdf1380fcf5d1edae326fe1e1db5b": "LibTomCrypt",
	"0ce3987be0923295e23002daa633bb14": "LibTomCrypt",
	"362b5d25eb8b949b20a3471ca880b253": "LibTomCrypt",
	"22e8c3768c4947ee7f9a8e6c8989e61d": "LibTomCrypt",
	"8bf91c38e2a92b253a362a9b7c723e3a": "LibTomCrypt",
	"8ab7986eaa2c27eb246db536093c8147": "LibTomCrypt",
	"a642950d9c2cdc78d1e9659efbd21d4b": "LibTomCrypt",
	"d03fdc7fe0f0d300624dd6d8a1682855": "Socat",
	"ac10fa3c5965ca361c07b3511140eb0a": "Socat",
	"486e235226a927b22b9389bf43377084": "HAProxy",
	"7b6551ea6ff09bd78c24bede10980a15": "HAProxy",
	"a67f41cb161353e098a815bf4070d326": "HAProxy",
	"9cd3b7f336872f46c09428d1bbc19877": "RFC 7919 ffdhe2048",
	"0eaf67db3a839156d5013494a5318a77": "RFC 7919 ffdhe3072",
	"4648414224ac881b3d0dc59b466f96d0": "RFC 7919 ffdhe4096",
	"227ac9066b3ddd9e193670cda2388fa8": "RFC 7919 ffdhe6144",
	"770b14efaf6f049929c523113b3fa99a": "RFC 7919 ffdhe8192",
}
