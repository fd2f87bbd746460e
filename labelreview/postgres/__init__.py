"""Django's backend for Postgres, with a pool whose connections are looked at before they are lent."""
