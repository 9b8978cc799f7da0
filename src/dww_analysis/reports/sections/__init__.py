"""The sections of documents: each module turns tables and facts into blocks, tables and sentences, without markup."""
