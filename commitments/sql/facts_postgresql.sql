-- Facts held by triggers, PostgreSQL. The same facts for SQLite: facts_sqlite.sql.
-- Each statement ends with a semicolon and two hyphens, so that it can be sent by itself.

CREATE OR REPLACE FUNCTION tracker_refuse(message text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%', message USING ERRCODE = 'check_violation'; END $$;--

-- A post has one holder a day, and one acting holder. The lock makes two simultaneous writers take turns.
CREATE OR REPLACE FUNCTION tracker_postholding_overlap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('postholding'), NEW.post_id::int);
    IF EXISTS (
        SELECT 1 FROM commitments_postholding h
        WHERE h.id IS DISTINCT FROM NEW.id AND h.post_id = NEW.post_id AND h.acting = NEW.acting
          AND daterange(h.from_on, h.until_on, '[]') && daterange(NEW.from_on, NEW.until_on, '[]'))
    THEN PERFORM tracker_refuse('Somebody else holds this post in that time.'); END IF;
    RETURN NULL;
END $$;--
DROP TRIGGER IF EXISTS postholding_overlap ON commitments_postholding;--
CREATE TRIGGER postholding_overlap AFTER INSERT OR UPDATE ON commitments_postholding
FOR EACH ROW EXECUTE FUNCTION tracker_postholding_overlap();--

-- Approved words stay as they are. A demonstration may be removed as a whole.
CREATE OR REPLACE FUNCTION tracker_documenttext_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.approved_at IS NOT NULL AND (
        NEW.body, NEW.sha256, NEW.language, NEW.authority, NEW.document_id, NEW.approved_at) IS DISTINCT FROM (
        OLD.body, OLD.sha256, OLD.language, OLD.authority, OLD.document_id, OLD.approved_at)
    THEN PERFORM tracker_refuse('An approved text cannot be changed; enter a correction.'); END IF;
    IF NEW.body <> OLD.body AND NEW.sha256 = OLD.sha256
    THEN PERFORM tracker_refuse('The text changed and its fingerprint did not.'); END IF;
    IF NEW.body <> OLD.body AND EXISTS (
        SELECT 1 FROM commitments_provision p
        WHERE p.text_id = NEW.id AND p.quote <> substr(NEW.body, p.start + 1, p."end" - p.start))
    THEN PERFORM tracker_refuse('Declared words that stand in the register would no longer stand in the text.'); END IF;
    RETURN NEW;
END $$;--
DROP TRIGGER IF EXISTS documenttext_frozen ON commitments_documenttext;--
CREATE TRIGGER documenttext_frozen BEFORE UPDATE ON commitments_documenttext
FOR EACH ROW EXECUTE FUNCTION tracker_documenttext_frozen();--
CREATE OR REPLACE FUNCTION tracker_documenttext_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.approved_at IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM commitments_document d JOIN commitments_forum f ON f.id = d.forum_id
        WHERE d.id = OLD.document_id AND f.demonstration)
    THEN PERFORM tracker_refuse('An approved text cannot be deleted.'); END IF;
    RETURN OLD;
END $$;--
DROP TRIGGER IF EXISTS documenttext_kept ON commitments_documenttext;--
CREATE TRIGGER documenttext_kept BEFORE DELETE ON commitments_documenttext
FOR EACH ROW EXECUTE FUNCTION tracker_documenttext_kept();--

-- Declared words are exactly what stands in the text at their place.
CREATE OR REPLACE FUNCTION tracker_provision_is_a_span() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM commitments_documenttext t
        WHERE t.id = NEW.text_id AND NEW."end" <= length(t.body)
          AND NEW.quote = substr(t.body, NEW.start + 1, NEW."end" - NEW.start)
        FOR SHARE)
    THEN PERFORM tracker_refuse('The declared words do not stand in the text at that place.'); END IF;
    RETURN NEW;
END $$;--
DROP TRIGGER IF EXISTS provision_is_a_span ON commitments_provision;--
CREATE TRIGGER provision_is_a_span BEFORE INSERT OR UPDATE ON commitments_provision
FOR EACH ROW EXECUTE FUNCTION tracker_provision_is_a_span();--

-- The party of an assignment is that of the post's organisation.
CREATE OR REPLACE FUNCTION tracker_assignment_party() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.party_id <> (SELECT o.party_id FROM commitments_post p
        JOIN commitments_organisation o ON o.id = p.organisation_id WHERE p.id = NEW.post_id)
    THEN PERFORM tracker_refuse('The party of the assignment is not that of the post.'); END IF;
    RETURN NEW;
END $$;--
DROP TRIGGER IF EXISTS assignment_party ON commitments_assignment;--
CREATE TRIGGER assignment_party BEFORE INSERT OR UPDATE ON commitments_assignment
FOR EACH ROW EXECUTE FUNCTION tracker_assignment_party();--

CREATE OR REPLACE FUNCTION tracker_post_party() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.organisation_id <> OLD.organisation_id AND EXISTS (
        SELECT 1 FROM commitments_assignment a JOIN commitments_organisation o ON o.id = NEW.organisation_id
        WHERE a.post_id = NEW.id AND a.party_id <> o.party_id)
    THEN PERFORM tracker_refuse('The post is responsible for commitments of its party; it cannot go to another.'); END IF;
    RETURN NEW;
END $$;--
DROP TRIGGER IF EXISTS post_party ON commitments_post;--
CREATE TRIGGER post_party BEFORE UPDATE ON commitments_post
FOR EACH ROW EXECUTE FUNCTION tracker_post_party();--
CREATE OR REPLACE FUNCTION tracker_organisation_party() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.party_id <> OLD.party_id AND EXISTS (
        SELECT 1 FROM commitments_assignment a JOIN commitments_post p ON p.id = a.post_id
        WHERE p.organisation_id = NEW.id)
    THEN PERFORM tracker_refuse('Its posts are responsible for commitments of the party; it cannot go to another.'); END IF;
    RETURN NEW;
END $$;--
DROP TRIGGER IF EXISTS organisation_party ON commitments_organisation;--
CREATE TRIGGER organisation_party BEFORE UPDATE ON commitments_organisation
FOR EACH ROW EXECUTE FUNCTION tracker_organisation_party();--

-- On no day has a party two leads, or a post the lead and the validation of one commitment.
CREATE OR REPLACE FUNCTION tracker_assignment_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('assignment'), NEW.commitment_id::int);
    IF EXISTS (
        SELECT 1 FROM commitments_assignment a
        WHERE a.id <> NEW.id AND a.commitment_id = NEW.commitment_id
          AND daterange(a.from_on, a.until_on, '[]') && daterange(NEW.from_on, NEW.until_on, '[]')
          AND (a.role = 'lead' AND NEW.role = 'lead' AND a.party_id = NEW.party_id
            OR a.post_id = NEW.post_id AND (a.role, NEW.role) IN (('lead', 'validator'), ('validator', 'lead'))))
    THEN PERFORM tracker_refuse('The party has another lead in that time, or the post validates what it leads.'); END IF;
    RETURN NULL;
END $$;--
DROP TRIGGER IF EXISTS assignment_lead ON commitments_assignment;--
CREATE TRIGGER assignment_lead AFTER INSERT OR UPDATE ON commitments_assignment
FOR EACH ROW EXECUTE FUNCTION tracker_assignment_lead();--

-- A commitment of high priority closes with evidence and a second person, or because another replaced it.
CREATE OR REPLACE FUNCTION tracker_commitment_closes_by_two() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.workflow = 'closed' AND OLD.workflow <> 'closed' AND (NEW.high_priority OR OLD.high_priority)
        AND NOT (NEW.implementation = 'superseded' AND EXISTS (
            SELECT 1 FROM commitments_commitmentrelation r WHERE r.other_id = NEW.id AND r.kind = 'supersedes'))
        AND NOT (
            EXISTS (SELECT 1 FROM commitments_closing c WHERE c.commitment_id = NEW.id AND c.state = 'confirmed')
            AND EXISTS (SELECT 1 FROM commitments_evidence e JOIN commitments_progressreport p ON p.id = e.report_id
                WHERE p.commitment_id = NEW.id AND p.state = 'cleared'))
    THEN PERFORM tracker_refuse('It has high priority: one person proposes the closing, with evidence, and another confirms it.'); END IF;
    RETURN NEW;
END $$;--
DROP TRIGGER IF EXISTS commitment_closes_by_two ON commitments_commitment;--
CREATE TRIGGER commitment_closes_by_two BEFORE UPDATE ON commitments_commitment
FOR EACH ROW EXECUTE FUNCTION tracker_commitment_closes_by_two();--

-- Follow-ups are never deleted, except with a demonstration.
CREATE OR REPLACE FUNCTION tracker_followup_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM commitments_forum f WHERE f.demonstration AND f.id IN (
            (SELECT c.forum_id FROM commitments_commitment c WHERE c.id = OLD.commitment_id),
            (SELECT m.forum_id FROM commitments_meeting m WHERE m.id = OLD.meeting_id)))
    THEN PERFORM tracker_refuse('A follow-up is never deleted; close it.'); END IF;
    RETURN OLD;
END $$;--
DROP TRIGGER IF EXISTS followup_kept ON commitments_followup;--
CREATE TRIGGER followup_kept BEFORE DELETE ON commitments_followup
FOR EACH ROW EXECUTE FUNCTION tracker_followup_kept();--

-- Nothing becomes a demonstration afterwards: that would make it removable.
CREATE OR REPLACE FUNCTION tracker_forum_demonstration() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.demonstration AND NOT OLD.demonstration
    THEN PERFORM tracker_refuse('A forum cannot become a demonstration.'); END IF;
    RETURN NEW;
END $$;--
DROP TRIGGER IF EXISTS forum_demonstration ON commitments_forum;--
CREATE TRIGGER forum_demonstration BEFORE UPDATE ON commitments_forum
FOR EACH ROW EXECUTE FUNCTION tracker_forum_demonstration();--
CREATE OR REPLACE FUNCTION tracker_into_demonstration() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT demonstration FROM commitments_forum WHERE id = NEW.forum_id)
        AND NOT (SELECT demonstration FROM commitments_forum WHERE id = OLD.forum_id)
    THEN PERFORM tracker_refuse('It cannot become part of a demonstration.'); END IF;
    RETURN NEW;
END $$;--
DROP TRIGGER IF EXISTS commitment_demonstration ON commitments_commitment;--
CREATE TRIGGER commitment_demonstration BEFORE UPDATE ON commitments_commitment
FOR EACH ROW EXECUTE FUNCTION tracker_into_demonstration();--
DROP TRIGGER IF EXISTS meeting_demonstration ON commitments_meeting;--
CREATE TRIGGER meeting_demonstration BEFORE UPDATE ON commitments_meeting
FOR EACH ROW EXECUTE FUNCTION tracker_into_demonstration();--
DROP TRIGGER IF EXISTS document_demonstration ON commitments_document;--
CREATE TRIGGER document_demonstration BEFORE UPDATE ON commitments_document
FOR EACH ROW EXECUTE FUNCTION tracker_into_demonstration();--
CREATE OR REPLACE FUNCTION tracker_followup_demonstration() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.commitment_id, NEW.meeting_id) IS DISTINCT FROM (OLD.commitment_id, OLD.meeting_id) AND EXISTS (
        SELECT 1 FROM commitments_forum f WHERE f.demonstration AND f.id IN (
            (SELECT c.forum_id FROM commitments_commitment c WHERE c.id = NEW.commitment_id),
            (SELECT m.forum_id FROM commitments_meeting m WHERE m.id = NEW.meeting_id)))
    THEN PERFORM tracker_refuse('A follow-up cannot become part of a demonstration.'); END IF;
    RETURN NEW;
END $$;--
DROP TRIGGER IF EXISTS followup_demonstration ON commitments_followup;--
CREATE TRIGGER followup_demonstration BEFORE UPDATE ON commitments_followup
FOR EACH ROW EXECUTE FUNCTION tracker_followup_demonstration();--

-- The history is append-only.
CREATE OR REPLACE FUNCTION tracker_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM tracker_refuse('The history cannot be changed or deleted.'); RETURN NULL; END $$;--
DROP TRIGGER IF EXISTS change_append_only ON commitments_change;--
CREATE TRIGGER change_append_only BEFORE UPDATE OR DELETE ON commitments_change
FOR EACH ROW EXECUTE FUNCTION tracker_append_only();--
DROP TRIGGER IF EXISTS changeposition_append_only ON commitments_changeposition;--
CREATE TRIGGER changeposition_append_only BEFORE UPDATE OR DELETE ON commitments_changeposition
FOR EACH ROW EXECUTE FUNCTION tracker_append_only();--
-- Changes cannot be emptied without their positions, which refer to them.
DROP TRIGGER IF EXISTS changeposition_never_emptied ON commitments_changeposition;--
CREATE TRIGGER changeposition_never_emptied BEFORE TRUNCATE ON commitments_changeposition
EXECUTE FUNCTION tracker_append_only();--
