alter table consensus.proposals
  drop constraint proposals_decided_ballot_id_fkey,
  drop constraint proposals_current_ballot_id_fkey;

drop table consensus.log_head;
drop table consensus.state_log;
drop table consensus.vote_assessments;
drop table consensus.votes;
drop table consensus.ballots;
drop table consensus.electors;
drop table consensus.proposals;
drop table consensus.node_trust;
drop table consensus.nodes;

drop type consensus.log_kind;
drop type consensus.ballot_phase;
drop type consensus.proposal_status;
drop type consensus.approval;
drop type consensus.proposal_type;
drop type consensus.protocol;
drop type consensus.node_status;
drop type consensus.node_role;

drop schema consensus;
