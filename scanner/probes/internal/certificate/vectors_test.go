// SPDX-License-Identifier: Apache-2.0

package certificate

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"carescan/scanner/fact"
	"carescan/scanner/scannertest"
)

// vector is what zlint and OpenSSL read of one certificate.
type vector struct {
	File      string `json:"file"`
	NotBefore string `json:"notBefore"`
	NotAfter  string `json:"notAfter"`
	Signature string `json:"signature"`
	Key       string `json:"key"`
	Bits      int    `json:"bits"`
	SAN       string `json:"san"`
}

func vectors(t *testing.T) map[string]vector {
	t.Helper()
	var list struct {
		Certificates []vector `json:"certificates"`
	}
	if err := json.Unmarshal(scannertest.Vectors(t, "certs/zlint/expected.json"), &list); err != nil {
		t.Fatal(err)
	}
	named := map[string]vector{}
	for _, v := range list.Certificates {
		named[v.File] = v
	}
	return named
}

func (v vector) der(t *testing.T) []byte {
	t.Helper()
	block, _ := pem.Decode(scannertest.Vectors(t, "certs/zlint/"+v.File))
	if block == nil {
		t.Fatalf("%s holds no certificate", v.File)
	}
	return block.Bytes
}

// signatures are the words of OpenSSL in those of facts.
var signatures = map[string]string{
	"sha256WithRSAEncryption": "SHA256-RSA", "sha1WithRSAEncryption": "SHA1-RSA", "md5WithRSAEncryption": "MD5-RSA",
	"ecdsa-with-SHA256": "ECDSA-SHA256", "ecdsa-with-SHA384": "ECDSA-SHA384", "ecdsa-with-SHA512": "ECDSA-SHA512", "dsa_with_SHA256": "DSA-SHA256",
}

// reading is what is compared: dates, key, signature and names.
type reading struct {
	NotBefore, NotAfter time.Time
	Key, Signature      string
	Names               []string
}

// wants is the reading that the oracle asks for.
func (v vector) wants(t *testing.T) reading {
	t.Helper()
	r := reading{Key: fmt.Sprintf("RSA %d", v.Bits), Signature: signatures[v.Signature]}
	for _, date := range []struct {
		text string
		into *time.Time
	}{{v.NotBefore, &r.NotBefore}, {v.NotAfter, &r.NotAfter}} {
		at, err := time.Parse("Jan _2 15:04:05 2006 MST", strings.Replace(date.text, " 1 GMT", " 0001 GMT", 1))
		if err != nil {
			t.Fatal(err)
		}
		*date.into = at.UTC()
	}
	switch v.Key {
	case "id-ecPublicKey":
		r.Key = fmt.Sprintf("ECDSA P-%d", v.Bits)
	case "dsaEncryption":
		r.Key = fmt.Sprintf("DSA %d", v.Bits)
	case "ED25519":
		r.Key = "Ed25519"
	}
	for name := range strings.SplitSeq(v.SAN, ", ") {
		kind, value, _ := strings.Cut(name, ":")
		if kind == "DNS" {
			r.Names = append(r.Names, value)
		}
		if address := net.ParseIP(value); kind == "IP Address" && address != nil {
			r.Names = append(r.Names, address.String())
		}
	}
	slices.Sort(r.Names)
	return r
}

// differences are where the right reading is not the one of the oracle, and why.
var differences = map[string]struct {
	why  string
	edit func(*reading)
}{
	"mismatchingSigAlgsBadOID.pem":           {"the signature was made by the algorithm outside", func(r *reading) { r.Signature = "ECDSA-SHA384" }},
	"unknownpublickey.pem":                   {"a key and a signature of GOST have no name here", func(r *reading) { r.Key, r.Signature = "1.2.643.2.2.19", "0" }},
	"rsassapssInSPKI.pem":                    {"the oracle gives no size; PSS has its hash in parameters", func(r *reading) { r.Key, r.Signature = "RSA 2048", "SHA256-RSAPSS" }},
	"rsassapssWithSHA256.pem":                {"PSS has its hash in parameters", func(r *reading) { r.Signature = "SHA256-RSAPSS" }},
	"rsassapssWithSHA384.pem":                {"PSS has its hash in parameters", func(r *reading) { r.Signature = "SHA384-RSAPSS" }},
	"rsassapssWithSHA512.pem":                {"PSS has its hash in parameters", func(r *reading) { r.Signature = "SHA512-RSAPSS" }},
	"sha256WithRSAPSSSignatureAlgorithm.pem": {"PSS has its hash in parameters", func(r *reading) { r.Signature = "SHA256-RSAPSS" }},
	"SANDNSNotIA5String.pem":                 {"bytes beyond ASCII are no name of a host (RFC 5280 section 4.2.1.6)", noOddNames},
	"SANEmptyName.pem":                       {"an empty text is no name", noOddNames},
	"aiaCrit.pem":                            {"bytes beyond ASCII are no name of a host", noOddNames},
	"commonNameInSAN.pem":                    {"bytes beyond ASCII are no name of a host", noOddNames},
	"sha1ExpireAfter2017.pem":                {"bytes beyond ASCII are no name of a host", noOddNames},
	"generalizedNotZulu.pem":                 {"bytes beyond ASCII are no name of a host", noOddNames},
	"generalizedAfter2050.pem":               {"bytes beyond ASCII are no name of a host", noOddNames},
	"SANDNSTooLong.pem":                      {"a name longer than DNS allows is not kept", func(r *reading) { r.Names = []string{"www.gov_il.us"} }},
	"SANDNSNull.pem":                         {"the oracle stops at the null byte", func(r *reading) { r.Names = []string{"\f\x03\x19\x00\t", "*"} }},
	"sha1ExpirePrior2017.pem":                {"bytes beyond ASCII are no name of a host", noOddNames},
}

func noOddNames(r *reading) {
	r.Names = slices.DeleteFunc(r.Names, func(name string) bool { return !isHostName([]byte(name)) })
}

// TestVectors reads the certificates of zlint's tests as OpenSSL does.
func TestVectors(t *testing.T) {
	for file, v := range vectors(t) {
		t.Run(file, func(t *testing.T) {
			cert, _, err := Parse(v.der(t))
			if err != nil {
				t.Fatal(err)
			}
			signatureHolds(cert, cert) // whatever the key, it ends
			c := Describe(cert, "")
			got := reading{c.NotBefore, c.NotAfter, c.Key, c.Signature, slices.Sorted(slices.Values(c.Names))}
			want := v.wants(t)
			if d, found := differences[file]; found {
				d.edit(&want)
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// TestVectorOddities holds what is told of the certificates that the standard
// library refuses, and that nothing is told of the others.
func TestVectorOddities(t *testing.T) {
	altNames := []string{fact.OddAltName, fact.OddExtension + " 2.5.29.54"}
	constrained := append([]string{fact.OddExtension + " 2.5.29.30"}, altNames...) // and a mask that is none
	want := map[string][]string{
		"SANDNSNotIA5String.pem": altNames, "SANEmptyName.pem": altNames, "SANWithSpaceDNS.pem": altNames[1:],
		"commonNameInSAN.pem": constrained, "generalizedAfter2050.pem": constrained, "generalizedNotZulu.pem": constrained,
		"sha1ExpireAfter2017.pem": constrained, "sha1ExpirePrior2017.pem": constrained,
		"aiaCrit.pem":                  append(slices.Clone(constrained), fact.OddExtension+" 1.3.6.1.5.5.7.1.1"), // critical, against section 4.2.2.1
		"extSANDuplicated.pem":         {fact.OddExtension + " 2.5.29.32", fact.OddDuplicate + " 2.5.29.17"},      // and a policy told twice
		"mismatchingSigAlgsBadOID.pem": {fact.OddAlgorithm}, "mismatchingSigAlgsBadParams.pem": {fact.OddAlgorithm}, "rsaSigAlgoNoNULLParam.pem": {fact.OddAlgorithm},
		"rsaAlgIDNoNULLParams.pem": {fact.OddKey}, "rsaKeyWithParameters.pem": {fact.OddKey},
		"serialNumberNegative.pem": {fact.OddSerial},
	}
	got := map[string][]string{}
	for file, v := range vectors(t) {
		if _, odd, _ := Parse(v.der(t)); len(odd) > 0 {
			got[file] = odd
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
