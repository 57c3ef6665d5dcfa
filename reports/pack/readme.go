// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"crypto"
	"crypto/ed25519"
	"fmt"
	"strings"

	"carescan/reports/bundle"
	"carescan/scanner"
)

// readMe explains to a stranger how to verify the pack, in French then English.
func readMe(finess scanner.FINESS, keyID string, key crypto.PublicKey, bundles []sealedFile) []byte {
	commands := strings.Join(commands(key), "\n")
	var b strings.Builder
	fmt.Fprintf(&b, readMeFR, finess, listBundles(bundles), keyID, commands, bundle.PayloadType)
	fmt.Fprintf(&b, readMeEN, finess, listBundles(bundles), keyID, bundle.PayloadType)
	return []byte(b.String())
}

func listBundles(bundles []sealedFile) string {
	var lines []string
	for _, f := range bundles {
		lines = append(lines, fmt.Sprintf("    %s\n      %s\n      %s", f.name, f.opened.Digest, f.opened.KeyID))
	}
	return strings.Join(lines, "\n")
}

// commands verify the manifest with tools that any system has. The signature
// covers the pre-authentication encoding of DSSE (protocol.md, "PAE").
func commands(key crypto.PublicKey) []string {
	const pick = `sed 's/.*"%s":"\([^"]*\)".*/\1/' manifest.json | base64 -d`
	check := "openssl dgst -sha256 -verify cle.pem -signature signature.bin signe.bin"
	if _, ok := key.(ed25519.PublicKey); ok {
		check = "openssl pkeyutl -verify -pubin -inkey cle.pem -rawin -in signe.bin -sigfile signature.bin"
	}
	return []string{
		"    $ " + fmt.Sprintf(pick, "payload") + " > contenu.json",
		"    $ " + fmt.Sprintf(pick, "sig") + " > signature.bin",
		"    $ " + fmt.Sprintf(pick, "public_key") + " > cle.der",
		"    $ openssl pkey -pubin -inform DER -in cle.der -out cle.pem",
		fmt.Sprintf("    $ { printf 'DSSEv1 %d %s %%d ' \"$(wc -c < contenu.json)\"; cat contenu.json; } > signe.bin", len(PayloadType), PayloadType),
		"    $ " + check,
		`    $ tr '{' '\n' < contenu.json | sed -n 's/"name":"\([^"]*\)","digest":"sha256:\([^"]*\)".*/\2  \1/p' | sha256sum -c -`,
		"    $ sha256sum cle.der",
	}
}

const readMeFR = `DOSSIER DE PREUVES — LISEZ-MOI (English below)
==============================================

Établissement (FINESS) : %s

Ce que contient l’archive
  dossier-fr.html, dossier-en.html   le dossier à lire, dans un navigateur
  *.carescan                         les dossiers scellés, signés par l’agent
  manifest.json                      la liste signée de tous les fichiers
  LISEZMOI.txt                       ce fichier

Dossiers scellés (nom, empreinte, clé de l’agent)
%s

Clé qui a signé le manifeste (SHA-256 de la clé publique)
    %s

1. Vérifier avec notre outil, hors ligne

    carescan-agent verify ARCHIVE.zip

2. Vérifier sans notre outil, avec openssl et sha256sum, dans le dossier
   où l’archive est décompressée

%s

   La sixième commande dit que la signature est bonne, la septième que
   chaque fichier est celui qui a été signé, la dernière affiche
   l’empreinte de la clé : elle doit être celle qui est écrite ci-dessus
   ET celle que le signataire vous donne par un autre moyen.

   Les fichiers .carescan ont la même forme que manifest.json : les mêmes
   commandes les vérifient, avec le type
   %s
   et leur contenu se lit avec « zstd -dc ».

3. Ce que cela prouve, et ce que cela ne prouve pas

   Prouvé : rien n’a été changé depuis la signature ; qui détient la clé
   a signé. Non prouvé : à qui est la clé, tant que vous ne l’avez pas
   comparée ; la date, qui est celle de l’horloge du signataire ; l’état
   de l’établissement aujourd’hui ou hors du périmètre observé.

`

const readMeEN = `
EVIDENCE PACK — READ ME
=======================

Establishment (FINESS): %s

What the archive holds
  dossier-fr.html, dossier-en.html   the dossier to read, in a browser
  *.carescan                         the sealed bundles, signed by the agent
  manifest.json                      the signed list of all files
  LISEZMOI.txt                       this file

Sealed bundles (name, digest, key of the agent)
%s

Key that signed the manifest (SHA-256 of the public key)
    %s

1. Verify with our tool, offline

    carescan-agent verify ARCHIVE.zip

2. Verify without our tool: use the commands of section 2 above, in the
   folder where the archive was unpacked. The sixth says that the signature
   is good, the seventh that each file is the one that was signed, the last
   prints the fingerprint of the key: it must be the one written above AND
   the one its owner gives you by another way.

   The .carescan files have the same form as manifest.json: the same
   commands verify them, with the type
   %s
   and their content is read with "zstd -dc".

3. What this proves, and what it does not

   Proven: nothing changed since the signature; whoever holds the key
   signed. Not proven: who owns the key, until you compared it; the date,
   which is that of the signer's clock; the state of the establishment
   today or outside the scope that was observed.
`
