// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/cli"
	"carescan/cmd/internal/proof"
	"carescan/reports"
	"carescan/scanner"
	"carescan/scanner/settings"
)

// eraseFlags are those of an erasure.
type eraseFlags struct {
	yes    bool
	record string
}

func (a *app) eraseEstablishment() *cobra.Command {
	var f eraseFlags
	command := &cobra.Command{
		Use: "erase FINESS", Args: cobra.ExactArgs(1),
		Short: a.say("Efface un établissement : il n'en reste que des empreintes, et un acte signé", "Erase an establishment: only digests of it are left, and a signed record"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.inRegion(func(ctx context.Context, r *region) error { return a.erase(ctx, r, args[0], f, c.InOrStdin()) })(c, nil)
		},
	}
	command.Flags().BoolVar(&f.yes, "yes", false, a.say("ne pas demander de taper le numéro à nouveau", "do not ask to type the number again"))
	command.Flags().StringVar(&f.record, "record", "", a.say("fichier neuf où écrire l'acte signé", "new file to write the signed record to"))
	return command
}

func (a *app) erase(ctx context.Context, r *region, number string, f eraseFlags, in io.Reader) (err error) {
	finess, _, err := scanner.ParseFINESS(number)
	if err != nil {
		return badSite(err)
	}
	site, err := r.store.Establishment(ctx, store.Region(), finess)
	if errors.Is(err, store.ErrNotFound) {
		return a.erasedBefore(ctx, r, finess)
	}
	if err != nil {
		return err
	}
	if !f.yes {
		if err := a.confirmErasure(site, in); err != nil {
			return err
		}
	}
	var file *os.File
	if f.record != "" { // before anything is erased: the record must have its place
		if file, err = os.OpenFile(f.record, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); err != nil {
			return badRecord(f.record, err)
		}
	}
	erasure, err := r.evidence.Erase(ctx, finess, store.Deed{At: time.Now(), Actor: operator, IP: "local"})
	if file != nil {
		_, writeErr := file.WriteString(erasure.Record)
		if writeErr = errors.Join(writeErr, file.Sync(), file.Close()); writeErr != nil && err == nil {
			err = badRecord(f.record, writeErr)
		}
	}
	if err != nil {
		return err
	}
	a.tell("Établissement %s effacé : ses agents ne sont plus connus, il n'en reste que des empreintes. Acte signé, clé du journal %s :", "Establishment %s erased: its agents are no longer known, only digests of it are left. Signed record, key of the log %s:", finess, r.evidence.Key())
	a.tell("%s", "%s", erasure.Record)
	return a.scrub(ctx, r)
}

// scrub cleans the files of the database, and says what an erasure does not reach.
func (a *app) scrub(ctx context.Context, r *region) error {
	if err := r.store.Scrub(ctx); err != nil {
		return &cli.Problem{
			Sentence: scanner.Text{FR: "l'établissement est effacé, mais des restes illisibles par CareScan demeurent dans le fichier de la base", EN: "the establishment is erased, but remains that CareScan cannot read are still in the file of the database"},
			Hint:     scanner.Text{FR: "libérez autant de place que la base en prend, puis relancez la même commande", EN: "free as much room as the database takes, then run the same command again"},
			Cause:    err,
		}
	}
	a.tell("Les sauvegardes plus anciennes le contiennent encore : détruisez-les, ou effacez-le à nouveau après une restauration.",
		"Older backups still hold it: destroy them, or erase it again after a restore.")
	return nil
}

func badRecord(path string, cause error) error {
	return &cli.Problem{
		Sentence: settings.Say("l'acte d'effacement n'a pas pu être écrit dans %s", "the record of the erasure could not be written to %s", path),
		Hint:     scanner.Text{FR: "donnez à --record un fichier qui n'existe pas encore", EN: "give --record a file that does not exist yet"},
		Cause:    cause,
	}
}

// confirmErasure has the number typed again: nothing brings an establishment back.
func (a *app) confirmErasure(site scanner.Establishment, in io.Reader) error {
	a.tell("« %s » (%s) : tout ce que la région en sait va être effacé, sans retour. Tapez son numéro FINESS à nouveau :",
		"“%s” (%s): all that the region knows of it will be erased, and nothing brings it back. Type its FINESS number again:", site.Name, site.FINESS)
	typed, err := bufio.NewReader(io.LimitReader(in, 64)).ReadString('\n')
	if strings.TrimSpace(typed) == string(site.FINESS) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return &cli.Problem{
		Sentence: scanner.Text{FR: "le numéro tapé n'est pas celui de l'établissement : rien n'a été effacé", EN: "the number typed is not that of the establishment: nothing was erased"},
		Hint:     scanner.Text{FR: "tapez-le comme « establishment list » le montre, ou donnez --yes", EN: `type it as "establishment list" shows it, or give --yes`},
		Cause:    err,
	}
}

// erasedBefore says of an establishment that is unknown whether it was erased.
func (a *app) erasedBefore(ctx context.Context, r *region, finess scanner.FINESS) error {
	list, err := r.store.Erasures(ctx, store.Region())
	if err != nil {
		return err
	}
	for _, e := range list {
		if e.Subject == proof.SubjectOf(finess) {
			a.tell("Établissement %s : déjà effacé, le %s. Acte signé, clé du journal %s :", "Establishment %s: erased already, on %s. Signed record, key of the log %s:",
				finess, reports.Moment(e.At, a.lang.Lang), r.evidence.Key())
			a.tell("%s", "%s", e.Record)
			return a.scrub(ctx, r)
		}
	}
	return &cli.Problem{
		Sentence: settings.Say("l'établissement %s n'existe pas", "establishment %s does not exist", finess),
		Hint:     scanner.Text{FR: "« establishment list » montre ceux qui existent", EN: `"establishment list" shows those that exist`},
	}
}

// tellErasures says which establishments are gone because somebody erased them.
func (a *app) tellErasures(list []proof.Erasure) {
	for _, e := range list {
		a.tell("Établissement effacé le %s par %s : acte signé, dossiers effacés : %d, entrées de l'audit effacées : %d (empreinte de son numéro : %s)",
			"Establishment erased on %s by %s: signed record, bundles erased: %d, audit entries erased: %d (digest of its number: %s)",
			reports.Moment(e.At, a.lang.Lang), e.By, e.Bundles, e.Deeds, e.Subject)
	}
}

// verifyErasure verifies the record of an erasure.
func (a *app) verifyErasure(raw []byte, key string) error {
	told, holds := proof.TellErasure(raw, key, a.lang.Lang)
	fmt.Fprint(a.out, told)
	if !holds {
		return cli.Exit(cli.ExitFailed)
	}
	return nil
}
