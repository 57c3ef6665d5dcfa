// SPDX-License-Identifier: Apache-2.0

package example

import (
	"crypto/ed25519"
	"time"

	"carescan/reports"
	"carescan/reports/bundle"
	"carescan/reports/bundle/envelope"
	"carescan/scanner"
)

// Document is the synthetic run, sealed and ready to be rendered.
func Document() (reports.Document, []byte, error) {
	b := Bundle()
	raw, err := bundle.Seal(b, Key())
	if err != nil {
		return reports.Document{}, nil, err
	}
	keyID, err := envelope.KeyID(Key().Public().(ed25519.PublicKey))
	return reports.Document{
		Run: b.Run,
		Bundle: &reports.BundleRef{
			// The digest is fixed, so that golden files outlive the compressor.
			ID: b.Header.ID, Digest: scanner.Digest([]byte("bundle 7")), KeyID: keyID, Seq: b.Header.Seq,
			AgentID: b.Header.AgentID, SealedAt: b.Header.SealedAt,
		},
		Names: b.Run.Names, Now: At.Add(6 * time.Hour), Papers: papers(),
	}, raw, err
}

func papers() map[string]scanner.Papers {
	return map[string]scanner.Papers{
		"mfa.admins-enforced": {
			FR: scanner.Paper{Why: "Un mot de passe d’administrateur volé suffit à prendre tout le système d’information. C’est le point de départ de la plupart des rançongiciels qui ont arrêté un hôpital."},
			EN: scanner.Paper{Why: "One stolen administrator password is enough to take the whole information system. Most ransomware that stopped a hospital began there."},
		},
		"exposure.dmarc-policy": {
			FR: scanner.Paper{Why: "Sans politique DMARC, chacun peut écrire aux patients et au personnel au nom de l’établissement."},
			EN: scanner.Paper{Why: "Without a DMARC policy anyone can write to patients and staff in the name of the establishment."},
		},
	}
}
